import { CloudOff } from "lucide-react";

import styles from "./Connection.module.css";
import { useStreamState } from "./Live";
import { texts } from "./texts";
import { useOnline } from "./useOnline";

/** Says when what is shown may be old. */
export function Connection() {
  const online = useOnline();
  const stream = useStreamState();
  const words = !online ? texts.app.offline : stream === "lost" ? texts.app.reconnecting : "";
  return (
    <div role="status" className={styles.strip} data-shown={words !== ""}>
      {words !== "" && (
        <>
          <CloudOff />
          {words}
        </>
      )}
    </div>
  );
}
