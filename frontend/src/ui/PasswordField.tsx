import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";

import { texts } from "@/app/texts";

import { IconButton } from "./IconButton";
import { TextField, type TextFieldProps } from "./TextField";

type Props = Omit<TextFieldProps, "type" | "end">;

/** A password, which can be looked at while it is typed. */
export function PasswordField(props: Props) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      {...props}
      type={shown ? "text" : "password"}
      end={
        <IconButton
          type="button"
          label={shown ? texts.auth.hidePassword : texts.auth.showPassword}
          icon={shown ? <EyeOff /> : <Eye />}
          onClick={() => {
            setShown(!shown);
          }}
        />
      }
    />
  );
}
