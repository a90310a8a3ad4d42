import { Skeleton } from "@/ui/Skeleton";

import styles from "./CardSkeleton.module.css";

/** The shape of a card. */
export function CardSkeleton() {
  return (
    <div className={styles.card}>
      <div className={styles.picture}>
        <Skeleton height="100%" />
      </div>
      <div className={styles.text}>
        <Skeleton width="80%" />
        <Skeleton width="35%" />
      </div>
    </div>
  );
}
