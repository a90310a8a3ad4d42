import { Upload } from "lucide-react";
import { useEffect, useState } from "react";

import { texts } from "@/app/texts";
import { complain } from "@/ui/Toasts";

import { droppedFiles } from "./choose";
import styles from "./DropZone.module.css";
import type { Chosen } from "./engine/manager";

/** Takes files that are dropped anywhere on the page, and says so while they are above it. */
export function DropZone({ onDrop }: { onDrop: (files: readonly Chosen[]) => void }) {
  const [above, setAbove] = useState(false);
  useEffect(() => {
    // One `dragenter` more than `dragleave` for each element that the pointer is in.
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth += 1;
      setAbove(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setAbove(false);
    };
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      depth = 0;
      setAbove(false);
      droppedFiles(event.dataTransfer).then(onDrop).catch(complain);
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: over, drop };
    for (const [name, listener] of Object.entries(listeners))
      window.addEventListener(name as keyof typeof listeners, listener);
    return () => {
      for (const [name, listener] of Object.entries(listeners))
        window.removeEventListener(name as keyof typeof listeners, listener);
    };
  }, [onDrop]);
  if (!above) return null;
  return (
    <div className={styles.zone} role="status">
      <div className={styles.words}>
        <Upload />
        {texts.uploads.drop}
      </div>
    </div>
  );
}
