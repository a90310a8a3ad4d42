import { Download } from "lucide-react";
import { useState } from "react";

import type { Video } from "@/api/types";
import { bytes } from "@/app/format";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { download } from "@/library/download";
import { Button } from "@/ui/Button";
import { complain } from "@/ui/Toasts";

import styles from "./Downloads.module.css";
import { renditionFacts } from "./facts";

/** The API's name for the file as it was uploaded. */
const SOURCE = "source";

/** Every file of the video, with what it is and a button that saves it. */
export function Downloads({ video }: { video: Video }) {
  const { renditions, source, state } = video;
  if (state === "uploading" || (renditions.length === 0 && source === null)) return null;
  return (
    <section aria-labelledby="downloads" className={styles.section}>
      <h2 id="downloads">{texts.video.files}</h2>
      <ul className={styles.list}>
        {renditions.map((rendition) => (
          <File
            key={rendition.name}
            videoId={video.id}
            name={rendition.name}
            title={rendition.video_codec === null ? texts.video.sound : rendition.name}
            facts={renditionFacts(rendition)}
          />
        ))}
        {source !== null && (
          <File
            videoId={video.id}
            name={SOURCE}
            title={texts.video.original}
            facts={[source.filename, bytes(source.size)]}
          />
        )}
      </ul>
    </section>
  );
}

interface FileProps {
  videoId: string;
  /** As the API calls it. */
  name: string;
  title: string;
  facts: readonly string[];
}

function File({ videoId, name, title, facts }: FileProps) {
  const api = useApi();
  const [busy, setBusy] = useState(false);
  return (
    <li className={styles.file}>
      <div className={styles.words}>
        <span className={styles.name}>{title}</span>
        <span className={styles.facts}>
          {facts.map((fact) => (
            <span key={fact} dir="auto">
              {fact}
            </span>
          ))}
        </span>
      </div>
      <Button
        icon={<Download />}
        busy={busy}
        aria-label={texts.video.downloadOf(title)}
        className={styles.save}
        onClick={() => {
          setBusy(true);
          download(api, videoId, name)
            .catch(complain)
            .finally(() => {
              setBusy(false);
            });
        }}
      >
        {texts.video.download}
      </Button>
    </li>
  );
}
