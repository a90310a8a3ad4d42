import { Dialog } from "@/ui/Dialog";

import styles from "./ShortcutList.module.css";
import { texts } from "./texts";

/** Which keys do what. */
export function ShortcutList({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onOpenChange={onClose} title={texts.app.shortcuts}>
      <dl className={styles.list}>
        {texts.app.shortcutList.map(([keys, does]) => (
          <div key={does}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
