import { Activity, Clapperboard, LogOut, Settings, Upload, User } from "lucide-react";
import type { ReactNode } from "react";
import { NavLink } from "react-router";

import { pendingDeletes } from "@/library/pendingDeletes";
import { useUploadActions } from "@/library/uploadActions";
import { ActionMenu } from "@/ui/ActionMenu";
import { Button } from "@/ui/Button";
import { complain } from "@/ui/Toasts";

import { Connection } from "./Connection";
import { useServices } from "./services";
import styles from "./Shell.module.css";
import { Shortcuts } from "./Shortcuts";
import { texts } from "./texts";

const PLACES = [
  { to: "/", label: texts.app.library, icon: <Clapperboard /> },
  { to: "/activity", label: texts.app.activity, icon: <Activity /> },
  { to: "/settings", label: texts.app.settings, icon: <Settings /> },
];

/** The frame around every page: name, places, upload, account. */
export function Shell({ children }: { children: ReactNode }) {
  const { session } = useServices();
  const uploads = useUploadActions();
  return (
    <>
      <a href="#content" className={styles.skip}>
        {texts.app.skip}
      </a>
      <header className={styles.bar}>
        <NavLink to="/" className={styles.name ?? ""} aria-label={texts.app.name}>
          <img src="/favicon.svg" alt="" width="28" height="28" />
          <span>{texts.app.name}</span>
        </NavLink>
        <nav aria-label={texts.app.nav} className={styles.places}>
          {PLACES.map((place) => (
            <NavLink key={place.to} to={place.to} end className={styles.place ?? ""}>
              {place.icon}
              <span>{place.label}</span>
            </NavLink>
          ))}
        </nav>
        <Button variant="primary" icon={<Upload />} onClick={uploads.choose}>
          {texts.app.upload}
        </Button>
        <ActionMenu
          label={texts.app.account}
          icon={<User />}
          actions={[
            {
              label: texts.app.logOut,
              icon: <LogOut />,
              onSelect: () => {
                // Nobody could undo them any more.
                pendingDeletes.flush();
                session.logOut().catch(complain);
              },
            },
          ]}
        />
      </header>
      <Connection />
      <main id="content" tabIndex={-1} className={styles.content}>
        {children}
      </main>
      <Shortcuts />
    </>
  );
}
