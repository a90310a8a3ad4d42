/** Texts of what went wrong. */

import type { Failure } from "@/api/types";

interface Words {
  what: string;
  todo: string;
}

export const ofFailures = {
  /** Why a video could not be encoded, by the code of its failure. */
  failures: {
    unsupported_format: {
      what: "This file type is not supported",
      todo: "Save the video as MP4, MOV or MKV and upload that file.",
    },
    unsupported_codec: {
      what: "The codec of this video is not supported",
      todo: "Save it with a common codec such as H.264 and AAC and upload that file.",
    },
    corrupt_media: {
      what: "This file is damaged",
      todo: "Check that it plays on your computer. If it does, save it again and upload the new file.",
    },
    truncated_media: {
      what: "This file is incomplete",
      todo: "The end is missing. Copy the original file again, then upload it.",
    },
    encrypted_media: {
      what: "This video is protected against copying",
      todo: "Upload a version without protection.",
    },
    no_video_stream: {
      what: "This file has no picture",
      todo: "Upload a file that has a picture.",
    },
    resolution_too_large: {
      what: "The picture is too large",
      todo: "Save the video with a smaller picture size and upload that file.",
    },
    duration_too_long: {
      what: "This video is too long",
      todo: "Cut it into shorter videos and upload those.",
    },
    too_many_frames: {
      what: "This video has too many frames",
      todo: "Save it with fewer frames per second, or cut it, and upload that file.",
    },
    too_many_streams: {
      what: "This file has too many tracks",
      todo: "Save it with one video track and the sound tracks that you need, and upload that file.",
    },
    processing_timeout: {
      what: "Encoding took too long",
      todo: "Try again. If it fails again, upload a shorter video or tell the admin.",
    },
    resource_limit: {
      what: "This video needs more memory or disk than our machines have",
      todo: "Try again later, or upload a smaller version.",
    },
    processing_gave_up: {
      what: "Encoding failed several times on our side",
      todo: "Try again later. If it fails again, tell the admin.",
    },
    storage_error: {
      what: "Our storage had a problem",
      todo: "Try again in a moment.",
    },
  } satisfies Record<Failure["code"], Words> as Record<string, Words>,
  /** A `storage_error` that another try does not repair. */
  sourceGone: { what: "The uploaded file is no longer stored", todo: "Upload it again." },
  /** What happened and what to do, by the API's code. */
  errors: {
    offline: "No answer. Check your network. Nothing is lost.",
    unknown: "That did not work. Try again in a moment.",
    invalid_credentials: "The email or the password is wrong.",
    email_unavailable: "An account with this email already exists. Log in instead.",
    password_rejected: "Choose a longer or less common password.",
    password_wrong: "The password is wrong.",
    registration_closed: "You cannot create an account here. Ask the admin for one.",
    invite_required: "You need an invite. Ask the admin for one.",
    invite_invalid: "This invite is not valid, or it is for another email. Ask for a new one.",
    last_admin: "You are the only admin. Another user must become an admin first.",
    idempotency_result_gone: "It has been deleted. Start again.",
    idempotency_in_progress: "This is already in progress. Wait a moment.",
    overloaded: "The service has too many requests now. Try again in a moment.",
    file_too_large: "This file is too large.",
    payload_too_large: "This request is too large.",
    rate_limited: "Too many tries. Wait a minute, then try again.",
    quota_exceeded: "You have reached your limit. Delete a video, or ask the admin.",
    session_revoked: "Your session has ended. Log in again.",
    forbidden: "You are not allowed to do this.",
    origin_not_allowed: "This page is not allowed to use this service. Tell the admin.",
    not_found: "It does not exist any more.",
    invalid_state: "This is not possible any more, because something has changed.",
    validation_failed: "Something in the form is wrong. Check each field.",
    malformed_request: "Something in the form is wrong. Check each field.",
    dependency_unavailable: "The service is temporarily unavailable. Try again in a moment.",
    internal_error: "Something went wrong on our side. Try again in a moment.",
  } as Record<string, string>,
};
