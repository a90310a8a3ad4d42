/** Texts about uploads. */

export const ofUploads = {
  uploads: {
    title: "Uploads",
    drop: "Drop videos or sound files to upload them",
    videos: (count: number) => (count === 1 ? "1 video" : `${count} videos`),
    allDone: (count: number) => (count === 1 ? "1 video uploaded" : `${count} videos uploaded`),
    stuck: (count: number) => `${count} stopped`,
    of: (sent: string, size: string) => `${sent} of ${size}`,
    left: (time: string) => `${time} left`,
    progress: (value: string) => `Uploads: ${value}`,
    elsewhere: (state: string) => `In another tab: ${state.toLowerCase()}`,
    pauseAll: "Pause all",
    resumeAll: "Continue all",
    dismissAll: "Clear the list",
    pauseOf: (name: string) => `Pause ${name}`,
    resumeOf: (name: string) => `Continue ${name}`,
    cancelOf: (name: string) => `Cancel ${name}`,
    retryOf: (name: string) => `Try ${name} again`,
    dismissOf: (name: string) => `Remove ${name} from the list`,
    begunAnew:
      "The service no longer has the first part of this upload. It starts again from the beginning.",
    choose: "Choose the file again",
    grant: "Continue",
    states: {
      queued: "Waiting for its turn",
      creating: "Starting",
      checking: "Checking what was uploaded",
      sending: "Uploading",
      paused: "Paused",
      offline: "Waiting for the network",
      completing: "Completing the upload",
      "needs-file": "Choose the same file to continue the upload.",
      "needs-permission": "Allow this page to read the file again.",
      elsewhere: "Uploading in another tab",
      done: "Uploaded",
      cancelled: "Cancelled",
      failed: "Stopped",
    },
    tooLarge: (size: string, most: string) =>
      `This file is too large: ${size}. The limit is ${most}.`,
    wrongKind: (kinds: string, more: number) =>
      `This file type is not supported. Supported types: ${kinds}${more > 0 ? ` and ${more} more` : ""}.`,
    /** The quota of one user: videos in progress, and bytes in total. */
    quota: (active: number | null, size: string | null) => {
      const most = [
        active === null ? "" : `${active} ${active === 1 ? "video" : "videos"} in progress`,
        size === null ? "" : `${size} in total`,
      ].filter((each) => each !== "");
      return `Your limit is ${most.join(" and ")}. Wait until a video is ready or delete one, then try again.`;
    },
    /** Why an upload stopped or cannot go on, by the engine's code. */
    problems: {
      empty_file: "This file is empty.",
      file_too_large: "This file is too large.",
      unsupported_extension: "This file type is not supported.",
      wrong_file_size: "This is a different file: its size is not the same. Choose the first file.",
      wrong_file_content:
        "This is a different file: its content is not the same. Choose the first file.",
      wrong_file_date: "The file was changed. Choose the unchanged file, or cancel the upload.",
      file_missing: "The file was moved or deleted. Choose it again in its new place.",
      file_unreadable: "The file cannot be read. Choose it again.",
      permission_denied: "This page is not allowed to read the file. Choose it again.",
      network_error: "There was no network for too long. The uploaded parts are kept. Try again.",
      storage_unavailable: "The storage does not answer. The uploaded parts are kept. Try again.",
      storage_refused:
        "The storage refused the upload. Try again. If it fails again, tell the admin.",
      storage_rejected: "The storage did not accept a part of the file. Try again.",
      upload_gone: "This upload was too old and was deleted. Start it again.",
      part_mismatch: "Some parts of the file arrived damaged. Try again.",
      size_mismatch: "The file changed during the upload. Upload it again.",
      unexpected_answer:
        "The service gave an answer that this page does not understand. Reload the page.",
      unexpected_error: "Something went wrong. Try again.",
    } as Record<string, string>,
  },
};
