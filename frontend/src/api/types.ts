/** The API's values under the names that the page uses. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Video = Schemas["VideoItem"];
export type VideoState = Schemas["VideoState"];
export type Stage = Schemas["Stage"];
export type Source = Schemas["SourceItem"];
export type Rendition = Schemas["RenditionItem"];
export type Track = Schemas["TrackItem"];
export type TextTrack = Schemas["TextTrack"];
export type Playback = Schemas["Playback"];
export type Queue = Schemas["QueueItem"];
export type Failure = Schemas["FailureItem"];
export type Note = Schemas["DoneItem"] | Schemas["WarningItem"];
export type Job = Schemas["JobItem"];
export type JobState = Schemas["JobState"];
export type BrowserSession = Schemas["SessionItem"];
export type Me = Schemas["Me"];
export type Invite = Schemas["InviteItem"];
export type CreatedInvite = Schemas["CreatedInvite"];
export type Share = Schemas["ShareItem"];
export type SharedPlayback = Schemas["SharedPlayback"];
export type RegistrationMode = Schemas["RegistrationMode"]["registration"];
export type Limits = Schemas["Limits"];
export type VideoSort = "newest" | "oldest" | "title";
