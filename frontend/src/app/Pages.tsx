import { Suspense } from "react";
import { Link, Navigate, Route, Routes } from "react-router";

import { REGISTER } from "@/auth/place";
import { buttonClass } from "@/ui/Button";
import { UploadsProvider } from "@/uploads/UploadsProvider";

import { lazyPart } from "./lazyPart";
import { Live } from "./Live";
import { Message } from "./Message";
import { Shell } from "./Shell";
import { texts } from "./texts";

const LibraryPage = lazyPart(async () => (await import("@/library/LibraryPage")).LibraryPage);
const VideoPage = lazyPart(async () => (await import("@/video/VideoPage")).VideoPage);
const ActivityPage = lazyPart(async () => (await import("@/activity/ActivityPage")).ActivityPage);
const SettingsPage = lazyPart(async () => (await import("@/settings/SettingsPage")).SettingsPage);

/** What somebody who is logged in sees. */
export function Pages({ userId }: { userId: string }) {
  return (
    <Live>
      <UploadsProvider userId={userId}>
        <Shell>
          <Suspense fallback={<p className="visually-hidden">{texts.app.loading}</p>}>
            <Routes>
              <Route index element={<LibraryPage />} />
              <Route path="videos/:id" element={<VideoPage />} />
              <Route path="activity" element={<ActivityPage />} />
              <Route path="settings" element={<SettingsPage />} />
              <Route path={REGISTER} element={<Navigate to="/" replace />} />
              <Route
                path="*"
                element={
                  <Message title={texts.app.notFound} hint={texts.app.notFoundHint}>
                    <Link to="/" className={buttonClass("primary")}>
                      {texts.app.toLibrary}
                    </Link>
                  </Message>
                }
              />
            </Routes>
          </Suspense>
        </Shell>
      </UploadsProvider>
    </Live>
  );
}
