SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.artifacts (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    job_id uuid NOT NULL,
    kind character varying(32) NOT NULL,
    s3_key text NOT NULL,
    size bigint NOT NULL
);
CREATE TABLE public.invites (
    id uuid NOT NULL,
    code_hash character varying(64) NOT NULL,
    email character varying(254),
    created_by uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    used_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.jobs (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    user_id uuid NOT NULL,
    operation character varying(32) NOT NULL,
    params jsonb DEFAULT '{}'::jsonb NOT NULL,
    state character varying(16) NOT NULL,
    stage character varying(16),
    progress double precision DEFAULT '0'::double precision NOT NULL,
    failure jsonb,
    log_key text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone
);
CREATE TABLE public.purges (
    id uuid NOT NULL,
    prefix text NOT NULL,
    s3_upload_id text,
    not_before timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.renditions (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    job_id uuid NOT NULL,
    name character varying(32) NOT NULL,
    s3_key text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size bigint NOT NULL,
    duration double precision NOT NULL,
    bitrate bigint NOT NULL,
    video_codec character varying(32) NOT NULL,
    audio_codec character varying(32)
);
CREATE TABLE public.sessions (
    id text NOT NULL,
    user_id uuid NOT NULL,
    token_id text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.setbacks (
    kind character varying(16) NOT NULL,
    row_id uuid NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    retry_at timestamp with time zone NOT NULL,
    error text NOT NULL
);
CREATE TABLE public.tasks (
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    video_id uuid NOT NULL,
    state character varying(16) NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    charged integer DEFAULT 0 NOT NULL,
    worker text,
    lease_until timestamp with time zone,
    available_at timestamp with time zone DEFAULT now() NOT NULL,
    dispatching_until timestamp with time zone,
    dispatched_at timestamp with time zone,
    last_error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    user_id uuid,
    priority smallint DEFAULT '0'::smallint NOT NULL,
    turn bigint DEFAULT '0'::bigint NOT NULL,
    live_video_id uuid GENERATED ALWAYS AS (
CASE
    WHEN ((state)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[])) THEN video_id
    ELSE NULL::uuid
END) STORED,
    video_alive boolean GENERATED ALWAYS AS (true) STORED NOT NULL,
    CONSTRAINT ck_tasks_lease_while_running CHECK ((((state)::text = 'running'::text) = (lease_until IS NOT NULL)))
);
CREATE TABLE public.uploads (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    user_id uuid NOT NULL,
    filename text NOT NULL,
    size bigint NOT NULL,
    part_size bigint NOT NULL,
    part_count integer NOT NULL,
    state character varying(16) NOT NULL,
    s3_key text NOT NULL,
    s3_upload_id text NOT NULL,
    check_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    completing_until timestamp with time zone
);
CREATE TABLE public.users (
    id uuid NOT NULL,
    email character varying(254),
    password_hash text,
    role character varying(16) DEFAULT 'user'::character varying NOT NULL,
    session_epoch integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    priority smallint DEFAULT '0'::smallint NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT ck_users_closed_is_bare CHECK ((((closed_at IS NULL) = (email IS NOT NULL)) AND ((closed_at IS NULL) = (password_hash IS NOT NULL))))
);
CREATE TABLE public.videos (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    title text NOT NULL,
    state character varying(16) NOT NULL,
    stage character varying(16),
    progress double precision DEFAULT '0'::double precision NOT NULL,
    eta_s double precision,
    version bigint DEFAULT '1'::bigint NOT NULL,
    job_id uuid,
    failure jsonb,
    source_key text NOT NULL,
    source_filename text NOT NULL,
    source_size bigint NOT NULL,
    source_etag text,
    source_media jsonb,
    poster_key text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    alive boolean GENERATED ALWAYS AS (((state)::text <> 'deleted'::text)) STORED NOT NULL
);
INSERT INTO public.alembic_version VALUES ('0005');
INSERT INTO public.artifacts VALUES ('01a2241b-4441-753d-bbb0-ab7917fec992', '01a2241b-32bc-7557-91b7-c65e8878d54e', '01a2241b-349a-7415-b73d-184e10497410', 'poster', 'videos/01a2241b-32bc-7557-91b7-c65e8878d54e/01a2241b-349a-7415-b73d-184e10497410/1/poster.jpg', 56684);
INSERT INTO public.artifacts VALUES ('01a2241b-5b26-717e-b882-a9c6cd0dbc38', '01a2241b-376b-73fe-a0a4-46846b8ed36b', '01a2241b-38db-73e0-84e6-d1aff9ab95bb', 'poster', 'videos/01a2241b-376b-73fe-a0a4-46846b8ed36b/01a2241b-38db-73e0-84e6-d1aff9ab95bb/1/poster.jpg', 56684);
INSERT INTO public.artifacts VALUES ('01a2241b-6419-72b0-966e-a3ca4db17938', '01a2241b-3654-70d7-9a52-96f00ae20a71', '01a2241b-5b5f-71b1-a011-465a247933db', 'poster', 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/01a2241b-5b5f-71b1-a011-465a247933db/1/poster.jpg', 56684);
INSERT INTO public.artifacts VALUES ('01a2241b-7461-7255-bf7d-c78bf4893dd0', '01a2241b-675e-7556-92dc-89fe533b8782', '01a2241b-684c-7768-b72c-a08cde0c3693', 'poster', 'videos/01a2241b-675e-7556-92dc-89fe533b8782/01a2241b-684c-7768-b72c-a08cde0c3693/1/poster.jpg', 56684);
INSERT INTO public.invites VALUES ('101b14b4-408d-4d0f-8d18-14afb6753ecb', '3e3417d7ef77d5932a6734b916515ed5', 'ada@example.com', '01a2241b-2fe3-74f3-937d-003d7ba5487d', '2026-11-29 21:41:31.405533+00', '2026-11-28 21:41:31.405533+00', '01a2241b-2c05-7323-9d2d-1f7ed9051648', '2026-11-28 21:41:31.405533+00');
INSERT INTO public.invites VALUES ('7c077e39-4740-4673-b158-965d9c3ac551', '4b9bb80620f03eb3719e0a061c14283d', 'bob@example.com', '01a2241b-2fe3-74f3-937d-003d7ba5487d', '2026-11-29 21:41:31.405533+00', NULL, NULL, '2026-11-28 21:41:31.405533+00');
INSERT INTO public.invites VALUES ('3378b98f-5d22-404e-b912-fb10dbc58c76', 'e64c7d89f26bd1972efa854d13d7dd61', 'admin@example.com', '01a2241b-2fe3-74f3-937d-003d7ba5487d', '2026-11-29 21:41:31.405533+00', NULL, NULL, '2026-11-28 21:41:31.405533+00');
INSERT INTO public.jobs VALUES ('01a2241b-7c46-7773-bcc7-509a50119e0f', '01a2241b-7b63-7255-953d-09575b53f539', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'transcode', '{}', 'cancelled', NULL, 0, NULL, NULL, '2026-11-28 21:41:50.774508+00', NULL, '2026-11-28 21:41:50.83957+00');
INSERT INTO public.jobs VALUES ('01a2241b-349a-7415-b73d-184e10497410', '01a2241b-32bc-7557-91b7-c65e8878d54e', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'transcode', '{}', 'succeeded', NULL, 100, NULL, 'videos/01a2241b-32bc-7557-91b7-c65e8878d54e/01a2241b-349a-7415-b73d-184e10497410/log-1.txt', '2026-11-28 21:41:32.421387+00', '2026-11-28 21:41:33.934495+00', '2026-11-28 21:41:36.377683+00');
INSERT INTO public.jobs VALUES ('01a2241b-3726-7798-9945-cd97b6baefdc', '01a2241b-3654-70d7-9a52-96f00ae20a71', '01a2241b-2d96-75f4-99b5-162e589109f8', 'transcode', '{}', 'succeeded', NULL, 100, NULL, 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/01a2241b-3726-7798-9945-cd97b6baefdc/log-1.txt', '2026-11-28 21:41:33.076632+00', '2026-11-28 21:41:36.507493+00', '2026-11-28 21:41:38.633455+00');
INSERT INTO public.jobs VALUES ('01a2241b-35da-758b-8b36-5a97200f1737', '01a2241b-3504-7716-9a51-32afa8f7015a', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'transcode', '{}', 'succeeded', NULL, 100, NULL, 'videos/01a2241b-3504-7716-9a51-32afa8f7015a/01a2241b-35da-758b-8b36-5a97200f1737/log-1.txt', '2026-11-28 21:41:32.736597+00', '2026-11-28 21:41:38.680796+00', '2026-11-28 21:41:40.542731+00');
INSERT INTO public.jobs VALUES ('01a2241b-38db-73e0-84e6-d1aff9ab95bb', '01a2241b-376b-73fe-a0a4-46846b8ed36b', '01a2241b-2d96-75f4-99b5-162e589109f8', 'transcode', '{}', 'succeeded', NULL, 100, NULL, 'videos/01a2241b-376b-73fe-a0a4-46846b8ed36b/01a2241b-38db-73e0-84e6-d1aff9ab95bb/log-1.txt', '2026-11-28 21:41:33.489298+00', '2026-11-28 21:41:40.642414+00', '2026-11-28 21:41:42.301231+00');
INSERT INTO public.jobs VALUES ('01a2241b-5b5f-71b1-a011-465a247933db', '01a2241b-3654-70d7-9a52-96f00ae20a71', '01a2241b-2d96-75f4-99b5-162e589109f8', 'transcode', '{}', 'succeeded', NULL, 100, NULL, 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/01a2241b-5b5f-71b1-a011-465a247933db/log-1.txt', '2026-11-28 21:41:42.365976+00', '2026-11-28 21:41:42.455877+00', '2026-11-28 21:41:44.575767+00');
INSERT INTO public.jobs VALUES ('01a2241b-6468-745a-be58-3763b1b0cdfd', '01a2241b-376b-73fe-a0a4-46846b8ed36b', '01a2241b-2d96-75f4-99b5-162e589109f8', 'transcode', '{}', 'failed', NULL, 0, '{"code": "storage_error", "message": "The uploaded file is no longer in the store. Upload it again.", "retryable": false}', 'videos/01a2241b-376b-73fe-a0a4-46846b8ed36b/01a2241b-6468-745a-be58-3763b1b0cdfd/log-1.txt', '2026-11-28 21:41:44.673433+00', '2026-11-28 21:41:44.761862+00', '2026-11-28 21:41:44.810281+00');
INSERT INTO public.jobs VALUES ('01a2241b-6616-7732-8bfb-a205e39db832', '01a2241b-6543-7367-b8c0-608331ea55ef', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'transcode', '{}', 'failed', NULL, 0, '{"code": "unsupported_format", "message": "The file is not a video format we can read.", "retryable": false}', 'videos/01a2241b-6543-7367-b8c0-608331ea55ef/01a2241b-6616-7732-8bfb-a205e39db832/log-1.txt', '2026-11-28 21:41:45.100168+00', '2026-11-28 21:41:45.223743+00', '2026-11-28 21:41:45.371135+00');
INSERT INTO public.jobs VALUES ('01a2241b-684c-7768-b72c-a08cde0c3693', '01a2241b-675e-7556-92dc-89fe533b8782', '01a2241b-2ec2-76f2-ab1f-1878eb2bf43b', 'transcode', '{}', 'succeeded', NULL, 100, NULL, 'videos/01a2241b-675e-7556-92dc-89fe533b8782/01a2241b-684c-7768-b72c-a08cde0c3693/log-1.txt', '2026-11-28 21:41:45.669038+00', '2026-11-28 21:41:45.795687+00', '2026-11-28 21:41:48.765311+00');
INSERT INTO public.jobs VALUES ('01a2241b-7586-721e-bc24-3ac944424d13', '01a2241b-7326-7486-b7c7-37d3d160f26d', '01a2241b-2d96-75f4-99b5-162e589109f8', 'transcode', '{}', 'running', 'inspecting', 8, NULL, NULL, '2026-11-28 21:41:49.055333+00', '2026-11-28 21:41:49.163968+00', NULL);
INSERT INTO public.jobs VALUES ('01a2241b-7885-70e1-8441-00f11734319d', '01a2241b-7747-7741-ba17-c6c3bec6d8dc', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'transcode', '{}', 'queued', NULL, 0, NULL, NULL, '2026-11-28 21:41:49.8246+00', NULL, NULL);
INSERT INTO public.jobs VALUES ('01a2241b-79bb-704d-9590-e7df5f0277a8', '01a2241b-78c5-71bb-ab66-d48a5fd9c57d', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'transcode', '{}', 'queued', NULL, 0, NULL, NULL, '2026-11-28 21:41:50.129287+00', NULL, NULL);
INSERT INTO public.jobs VALUES ('01a2241b-7b14-7032-b89e-c5dd49a68534', '01a2241b-7a1d-73f2-80c0-4466040dfff4', '01a2241b-2d96-75f4-99b5-162e589109f8', 'transcode', '{}', 'queued', NULL, 0, NULL, NULL, '2026-11-28 21:41:50.462964+00', NULL, NULL);
INSERT INTO public.purges VALUES ('01a2241b-5b46-764c-97e0-8976475efc09', 'videos/01a2241b-3504-7716-9a51-32afa8f7015a/', NULL, '2026-11-28 21:43:42.331431+00');
INSERT INTO public.purges VALUES ('01a2241b-640b-77c5-a5f4-4e59367af0b9', 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/01a2241b-3726-7798-9945-cd97b6baefdc/1/480p.mp4', NULL, '2026-11-28 21:43:44.575767+00');
INSERT INTO public.purges VALUES ('01a2241b-6414-7347-acfd-7a7a52f5a742', 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/01a2241b-3726-7798-9945-cd97b6baefdc/1/720p.mp4', NULL, '2026-11-28 21:43:44.575767+00');
INSERT INTO public.purges VALUES ('01a2241b-6415-71c6-88fb-7f0fa920ba4b', 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/01a2241b-3726-7798-9945-cd97b6baefdc/1/poster.jpg', NULL, '2026-11-28 21:43:44.575767+00');
INSERT INTO public.purges VALUES ('01a2241b-64fb-7766-98f1-1ecec9b7ed6c', 'videos/01a2241b-376b-73fe-a0a4-46846b8ed36b/01a2241b-6468-745a-be58-3763b1b0cdfd/1/', NULL, '2026-11-28 21:43:44.810281+00');
INSERT INTO public.purges VALUES ('01a2241b-6737-75f1-b7dd-9774aa55e0c9', 'videos/01a2241b-6543-7367-b8c0-608331ea55ef/01a2241b-6616-7732-8bfb-a205e39db832/1/', NULL, '2026-11-28 21:43:45.371135+00');
INSERT INTO public.renditions VALUES ('01a2241b-442e-754a-9f82-d2aaa38b707d', '01a2241b-32bc-7557-91b7-c65e8878d54e', '01a2241b-349a-7415-b73d-184e10497410', '720p', 'videos/01a2241b-32bc-7557-91b7-c65e8878d54e/01a2241b-349a-7415-b73d-184e10497410/1/720p.mp4', 1280, 720, 345548, 1, 2764384, 'h264', 'aac');
INSERT INTO public.renditions VALUES ('01a2241b-442f-7455-ab98-f304e9dd8ac7', '01a2241b-32bc-7557-91b7-c65e8878d54e', '01a2241b-349a-7415-b73d-184e10497410', '480p', 'videos/01a2241b-32bc-7557-91b7-c65e8878d54e/01a2241b-349a-7415-b73d-184e10497410/1/480p.mp4', 854, 480, 120646, 1, 965168, 'h264', 'aac');
INSERT INTO public.renditions VALUES ('01a2241b-5b26-717e-b882-a9c4fd4a8e97', '01a2241b-376b-73fe-a0a4-46846b8ed36b', '01a2241b-38db-73e0-84e6-d1aff9ab95bb', '720p', 'videos/01a2241b-376b-73fe-a0a4-46846b8ed36b/01a2241b-38db-73e0-84e6-d1aff9ab95bb/1/720p.mp4', 1280, 720, 345548, 1, 2764384, 'h264', 'aac');
INSERT INTO public.renditions VALUES ('01a2241b-5b26-717e-b882-a9c55f0812fb', '01a2241b-376b-73fe-a0a4-46846b8ed36b', '01a2241b-38db-73e0-84e6-d1aff9ab95bb', '480p', 'videos/01a2241b-376b-73fe-a0a4-46846b8ed36b/01a2241b-38db-73e0-84e6-d1aff9ab95bb/1/480p.mp4', 854, 480, 120646, 1, 965168, 'h264', 'aac');
INSERT INTO public.renditions VALUES ('01a2241b-6416-75fc-940b-583844b8074d', '01a2241b-3654-70d7-9a52-96f00ae20a71', '01a2241b-5b5f-71b1-a011-465a247933db', '720p', 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/01a2241b-5b5f-71b1-a011-465a247933db/1/720p.mp4', 1280, 720, 345548, 1, 2764384, 'h264', 'aac');
INSERT INTO public.renditions VALUES ('01a2241b-6416-75fc-940b-5839946a54e5', '01a2241b-3654-70d7-9a52-96f00ae20a71', '01a2241b-5b5f-71b1-a011-465a247933db', '480p', 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/01a2241b-5b5f-71b1-a011-465a247933db/1/480p.mp4', 854, 480, 120646, 1, 965168, 'h264', 'aac');
INSERT INTO public.renditions VALUES ('01a2241b-7461-7255-bf7d-c789447ddd9b', '01a2241b-675e-7556-92dc-89fe533b8782', '01a2241b-684c-7768-b72c-a08cde0c3693', '720p', 'videos/01a2241b-675e-7556-92dc-89fe533b8782/01a2241b-684c-7768-b72c-a08cde0c3693/1/720p.mp4', 1280, 720, 345548, 1, 2764384, 'h264', 'aac');
INSERT INTO public.renditions VALUES ('01a2241b-7461-7255-bf7d-c78a765af3ad', '01a2241b-675e-7556-92dc-89fe533b8782', '01a2241b-684c-7768-b72c-a08cde0c3693', '480p', 'videos/01a2241b-675e-7556-92dc-89fe533b8782/01a2241b-684c-7768-b72c-a08cde0c3693/1/480p.mp4', 854, 480, 120646, 1, 965168, 'h264', 'aac');
INSERT INTO public.sessions VALUES ('eQ7xQ16Rff8f7AwOm4TM-w', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'pWKTh7OLivlrnCB2bwOkrQ', '2026-12-28 21:41:30.367838+00');
INSERT INTO public.sessions VALUES ('g1EwWHzAF_rgvHXREufO4Q', '01a2241b-2d96-75f4-99b5-162e589109f8', '2tmXmq8PxkNfvHomEL9uzQ', '2026-12-28 21:41:30.754898+00');
INSERT INTO public.sessions VALUES ('FM6muf7PQk1scWuqROvRQw', '01a2241b-2fe3-74f3-937d-003d7ba5487d', 'ZjlCKKlbHlhdbXWENm_l4A', '2026-12-28 21:41:31.348925+00');
INSERT INTO public.tasks VALUES ('01a2241b-38f7-7526-8c8c-8c8799e9ba6a', '01a2241b-38db-73e0-84e6-d1aff9ab95bb', '01a2241b-376b-73fe-a0a4-46846b8ed36b', 'succeeded', 1, 1, 'vm:21025', NULL, '2026-11-28 21:41:33.489298+00', NULL, '2026-11-28 21:41:33.587088+00', NULL, '2026-11-28 21:41:33.489298+00', '01a2241b-2d96-75f4-99b5-162e589109f8', 0, 1, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-34b8-7463-bd0b-f979747be3c1', '01a2241b-349a-7415-b73d-184e10497410', '01a2241b-32bc-7557-91b7-c65e8878d54e', 'succeeded', 1, 1, 'vm:21025', NULL, '2026-11-28 21:41:32.421387+00', NULL, '2026-11-28 21:41:32.523597+00', NULL, '2026-11-28 21:41:32.421387+00', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 0, 0, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-3739-7061-b268-ce0454dd2ad8', '01a2241b-3726-7798-9945-cd97b6baefdc', '01a2241b-3654-70d7-9a52-96f00ae20a71', 'succeeded', 1, 1, 'vm:21025', NULL, '2026-11-28 21:41:33.076632+00', NULL, '2026-11-28 21:41:33.137548+00', NULL, '2026-11-28 21:41:33.076632+00', '01a2241b-2d96-75f4-99b5-162e589109f8', 0, 0, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-3624-735f-95c9-bdbffc303008', '01a2241b-35da-758b-8b36-5a97200f1737', '01a2241b-3504-7716-9a51-32afa8f7015a', 'succeeded', 1, 1, 'vm:21025', NULL, '2026-11-28 21:41:32.736597+00', NULL, '2026-11-28 21:41:32.867402+00', NULL, '2026-11-28 21:41:32.736597+00', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 0, 1, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-5b65-7002-964f-21dde997d5dc', '01a2241b-5b5f-71b1-a011-465a247933db', '01a2241b-3654-70d7-9a52-96f00ae20a71', 'succeeded', 1, 1, 'vm:21025', NULL, '2026-11-28 21:41:42.365976+00', NULL, '2026-11-28 21:41:42.418481+00', NULL, '2026-11-28 21:41:42.365976+00', '01a2241b-2d96-75f4-99b5-162e589109f8', 0, 0, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-7595-71e5-8913-afd1c7520960', '01a2241b-7586-721e-bc24-3ac944424d13', '01a2241b-7326-7486-b7c7-37d3d160f26d', 'running', 1, 1, 'vm:21025', '2026-11-28 21:42:49.382486+00', '2026-11-28 21:41:49.055333+00', NULL, '2026-11-28 21:41:49.09794+00', NULL, '2026-11-28 21:41:49.055333+00', '01a2241b-2d96-75f4-99b5-162e589109f8', 0, 0, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-647f-7746-a8ce-dd581b3bcf2e', '01a2241b-6468-745a-be58-3763b1b0cdfd', '01a2241b-376b-73fe-a0a4-46846b8ed36b', 'failed', 1, 1, 'vm:21025', NULL, '2026-11-28 21:41:44.673433+00', NULL, '2026-11-28 21:41:44.744916+00', 'storage_error: The uploaded file is no longer in the store. Upload it again.', '2026-11-28 21:41:44.673433+00', '01a2241b-2d96-75f4-99b5-162e589109f8', 0, 0, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-6626-7157-934e-69250918294b', '01a2241b-6616-7732-8bfb-a205e39db832', '01a2241b-6543-7367-b8c0-608331ea55ef', 'failed', 1, 1, 'vm:21025', NULL, '2026-11-28 21:41:45.100168+00', NULL, '2026-11-28 21:41:45.145555+00', 'unsupported_format: The file is not a video format we can read.', '2026-11-28 21:41:45.100168+00', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 0, 0, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-7896-75ce-9d4a-510c01393846', '01a2241b-7885-70e1-8441-00f11734319d', '01a2241b-7747-7741-ba17-c6c3bec6d8dc', 'queued', 0, 0, NULL, NULL, '2026-11-28 21:41:49.8246+00', NULL, '2026-11-28 21:41:49.868289+00', NULL, '2026-11-28 21:41:49.8246+00', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 0, 0, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-6856-767a-87e1-7531a18aeb50', '01a2241b-684c-7768-b72c-a08cde0c3693', '01a2241b-675e-7556-92dc-89fe533b8782', 'succeeded', 1, 1, 'vm:21025', NULL, '2026-11-28 21:41:45.669038+00', NULL, '2026-11-28 21:41:45.705094+00', NULL, '2026-11-28 21:41:45.669038+00', '01a2241b-2ec2-76f2-ab1f-1878eb2bf43b', 0, 0, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-79cd-71f4-ae68-4a38c7163a61', '01a2241b-79bb-704d-9590-e7df5f0277a8', '01a2241b-78c5-71bb-ab66-d48a5fd9c57d', 'queued', 0, 0, NULL, NULL, '2026-11-28 21:41:50.129287+00', NULL, '2026-11-28 21:41:50.194499+00', NULL, '2026-11-28 21:41:50.129287+00', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 0, 1, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-7b1e-743a-8046-7f78cf9474ec', '01a2241b-7b14-7032-b89e-c5dd49a68534', '01a2241b-7a1d-73f2-80c0-4466040dfff4', 'queued', 0, 0, NULL, NULL, '2026-11-28 21:41:50.462964+00', NULL, '2026-11-28 21:41:50.551113+00', NULL, '2026-11-28 21:41:50.462964+00', '01a2241b-2d96-75f4-99b5-162e589109f8', 0, 0, DEFAULT, DEFAULT);
INSERT INTO public.tasks VALUES ('01a2241b-7c57-7680-a526-abee5b037060', '01a2241b-7c46-7773-bcc7-509a50119e0f', '01a2241b-7b63-7255-953d-09575b53f539', 'cancelled', 0, 0, NULL, NULL, '2026-11-28 21:41:50.774508+00', NULL, '2026-11-28 21:41:50.8344+00', NULL, '2026-11-28 21:41:50.774508+00', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 0, 2, DEFAULT, DEFAULT);
INSERT INTO public.uploads VALUES ('01a2241b-7a1d-73f2-80c0-44679898c66f', '01a2241b-7a1d-73f2-80c0-4466040dfff4', '01a2241b-2d96-75f4-99b5-162e589109f8', 'third.mp4', 815144, 8388608, 1, 'completed', 'videos/01a2241b-7a1d-73f2-80c0-4466040dfff4/source.mp4', '72df289c-026f-42da-adb9-81f3c23e78ff', '2026-11-28 21:42:20.245581+00', '2026-11-29 21:41:50.245581+00', '2026-11-28 21:41:50.245581+00', '2026-11-28 21:43:50.430723+00');
INSERT INTO public.uploads VALUES ('01a2241b-32bc-7557-91b7-c65f07e44972', '01a2241b-32bc-7557-91b7-c65e8878d54e', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'harbour.mp4', 815144, 8388608, 1, 'completed', 'videos/01a2241b-32bc-7557-91b7-c65e8878d54e/source.mp4', '64f47f60-b7bd-4520-ba6b-2e4cb9221459', '2026-11-28 21:42:01.985524+00', '2026-11-29 21:41:31.985524+00', '2026-11-28 21:41:31.985524+00', '2026-11-28 21:43:32.210129+00');
INSERT INTO public.uploads VALUES ('01a2241b-3654-70d7-9a52-96f1b13d300d', '01a2241b-3654-70d7-9a52-96f00ae20a71', '01a2241b-2d96-75f4-99b5-162e589109f8', 'again.mp4', 815144, 8388608, 1, 'completed', 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/source.mp4', '083ca943-52d9-42cd-904e-b4e7c38991d7', '2026-11-28 21:42:02.891199+00', '2026-11-29 21:41:32.891199+00', '2026-11-28 21:41:32.891199+00', '2026-11-28 21:43:33.044416+00');
INSERT INTO public.uploads VALUES ('01a2241b-7b63-7255-953d-0958d2c57a61', '01a2241b-7b63-7255-953d-09575b53f539', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'cancelled.mp4', 815144, 8388608, 1, 'completed', 'videos/01a2241b-7b63-7255-953d-09575b53f539/source.mp4', '135e657f-3b73-4751-a252-0e6ab75153dd', '2026-11-28 21:42:20.567393+00', '2026-11-29 21:41:50.567393+00', '2026-11-28 21:41:50.567393+00', '2026-11-28 21:43:50.752336+00');
INSERT INTO public.uploads VALUES ('01a2241b-376b-73fe-a0a4-46853506aab3', '01a2241b-376b-73fe-a0a4-46846b8ed36b', '01a2241b-2d96-75f4-99b5-162e589109f8', 'worse.mp4', 815144, 8388608, 1, 'completed', 'videos/01a2241b-376b-73fe-a0a4-46846b8ed36b/source.mp4', 'c1cf38ef-eb34-47d0-9630-084a8eb3f3d2', '2026-11-28 21:42:03.171176+00', '2026-11-29 21:41:33.171176+00', '2026-11-28 21:41:33.171176+00', '2026-11-28 21:43:33.456329+00');
INSERT INTO public.uploads VALUES ('01a2241b-3504-7716-9a51-32b05d654d9e', '01a2241b-3504-7716-9a51-32afa8f7015a', '01a2241b-2c05-7323-9d2d-1f7ed9051648', '', 815144, 8388608, 1, 'completed', 'videos/01a2241b-3504-7716-9a51-32afa8f7015a/source.mp4', '2747abc9-dd4c-4079-b1d9-d33020e728fa', '2026-11-28 21:42:02.558595+00', '2026-11-29 21:41:32.558595+00', '2026-11-28 21:41:32.558595+00', '2026-11-28 21:43:32.703605+00');
INSERT INTO public.uploads VALUES ('01a2241b-7cfe-71f4-938c-d0f3b902b6ce', '01a2241b-7cfe-71f4-938c-d0f275ed8059', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'half.mp4', 815144, 8388608, 1, 'open', 'videos/01a2241b-7cfe-71f4-938c-d0f275ed8059/source.mp4', 'e8c5c6c7-0193-4648-9ac5-972ef46e2138', '2026-11-28 21:42:20.978766+00', '2026-11-29 21:41:50.978766+00', '2026-11-28 21:41:50.978766+00', NULL);
INSERT INTO public.uploads VALUES ('01a2241b-6543-7367-b8c0-6084c1c47f84', '01a2241b-6543-7367-b8c0-608331ea55ef', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'broken.mp4', 16384, 8388608, 1, 'completed', 'videos/01a2241b-6543-7367-b8c0-608331ea55ef/source.mp4', '4c0762c3-f87c-4435-b2ea-ae8b4230970c', '2026-11-28 21:42:14.906521+00', '2026-11-29 21:41:44.906521+00', '2026-11-28 21:41:44.906521+00', '2026-11-28 21:43:45.082505+00');
INSERT INTO public.uploads VALUES ('01a2241b-675f-776a-bdfa-12d7c86aa1b8', '01a2241b-675e-7556-92dc-89fe533b8782', '01a2241b-2ec2-76f2-ab1f-1878eb2bf43b', 'gone.mp4', 815144, 8388608, 1, 'completed', 'videos/01a2241b-675e-7556-92dc-89fe533b8782/source.mp4', '60b8f792-63a5-4d92-b254-240df65f411f', '2026-11-28 21:42:15.472599+00', '2026-11-29 21:41:45.472599+00', '2026-11-28 21:41:45.472599+00', '2026-11-28 21:43:45.65145+00');
INSERT INTO public.uploads VALUES ('01a2241b-7326-7486-b7c7-37d46134d89a', '01a2241b-7326-7486-b7c7-37d3d160f26d', '01a2241b-2d96-75f4-99b5-162e589109f8', 'long.mp4', 16413672, 8388608, 2, 'completed', 'videos/01a2241b-7326-7486-b7c7-37d3d160f26d/source.mp4', '28254199-b2ba-4b67-975d-5e9b5ac0a66c', '2026-11-28 21:42:18.487035+00', '2026-11-29 21:41:48.487035+00', '2026-11-28 21:41:48.487035+00', '2026-11-28 21:43:48.93851+00');
INSERT INTO public.uploads VALUES ('01a2241b-7747-7741-ba17-c6c4882e741a', '01a2241b-7747-7741-ba17-c6c3bec6d8dc', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'first.mp4', 815144, 8388608, 1, 'completed', 'videos/01a2241b-7747-7741-ba17-c6c3bec6d8dc/source.mp4', '2d65ab4a-0003-4713-a645-69bb2a6feeeb', '2026-11-28 21:42:19.525569+00', '2026-11-29 21:41:49.525569+00', '2026-11-28 21:41:49.525569+00', '2026-11-28 21:43:49.709296+00');
INSERT INTO public.uploads VALUES ('01a2241b-78c5-71bb-ab66-d48b4ed7059a', '01a2241b-78c5-71bb-ab66-d48a5fd9c57d', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'second.mp4', 815144, 8388608, 1, 'completed', 'videos/01a2241b-78c5-71bb-ab66-d48a5fd9c57d/source.mp4', 'eaddcecd-8be5-497f-bade-85172f4d839f', '2026-11-28 21:42:19.900185+00', '2026-11-29 21:41:49.900185+00', '2026-11-28 21:41:49.900185+00', '2026-11-28 21:43:50.101122+00');
INSERT INTO public.users VALUES ('01a2241b-2c05-7323-9d2d-1f7ed9051648', 'ada@example.com', '$argon2id$v=19$m=19456,t=2,p=1$gFCq9R5DyJnz3tvbe2/tPQ$wnNj/hFtfJ144msjDjnFvDDTfXLvx4Jzw1tEHF4Mqy4', 'user', 0, '2026-11-28 21:41:30.247995+00', 0, NULL);
INSERT INTO public.users VALUES ('01a2241b-2d96-75f4-99b5-162e589109f8', 'bob@example.com', '$argon2id$v=19$m=19456,t=2,p=1$2xvD+N/7HyPk3FtrrdVayw$6XtWt7YXpujDo9NIBsbkqipTpq/aN70XGPKxd7ocT/c', 'user', 0, '2026-11-28 21:41:30.647775+00', 0, NULL);
INSERT INTO public.users VALUES ('01a2241b-2fe3-74f3-937d-003d7ba5487d', 'admin@example.com', '$argon2id$v=19$m=19456,t=2,p=1$KgUAIKR0jrG2dq51TklpjQ$FKmJ7/YbHktHK+N85/fAevtD/fIQAasPasOR5IQzrHU', 'admin', 0, '2026-11-28 21:41:31.239483+00', 0, NULL);
INSERT INTO public.users VALUES ('01a2241b-2ec2-76f2-ab1f-1878eb2bf43b', NULL, NULL, 'user', 0, '2026-11-28 21:41:30.960764+00', 0, '2026-11-28 21:41:45.813546+00');
INSERT INTO public.videos VALUES ('01a2241b-32bc-7557-91b7-c65e8878d54e', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'Der Hafen, 夜明け', 'ready', NULL, 100, NULL, 9, '01a2241b-349a-7415-b73d-184e10497410', NULL, 'videos/01a2241b-32bc-7557-91b7-c65e8878d54e/source.mp4', 'harbour.mp4', 815144, '"851f0d9f9090a2dbfbd9ba177be30600-1"', '{"width": 1280, "height": 720, "duration": 1.0, "frame_rate": 25.0, "audio_codec": "aac", "video_codec": "h264"}', 'videos/01a2241b-32bc-7557-91b7-c65e8878d54e/01a2241b-349a-7415-b73d-184e10497410/1/poster.jpg', '2026-11-28 21:41:31.987433+00', '2026-11-28 21:41:36.377683+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-3654-70d7-9a52-96f00ae20a71', '01a2241b-2d96-75f4-99b5-162e589109f8', 'again', 'ready', NULL, 100, NULL, 14, '01a2241b-5b5f-71b1-a011-465a247933db', NULL, 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/source.mp4', 'again.mp4', 815144, '"851f0d9f9090a2dbfbd9ba177be30600-1"', '{"width": 1280, "height": 720, "duration": 1.0, "frame_rate": 25.0, "audio_codec": "aac", "video_codec": "h264"}', 'videos/01a2241b-3654-70d7-9a52-96f00ae20a71/01a2241b-5b5f-71b1-a011-465a247933db/1/poster.jpg', '2026-11-28 21:41:32.89155+00', '2026-11-28 21:41:44.575767+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-6543-7367-b8c0-608331ea55ef', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'broken', 'failed', NULL, 0, NULL, 4, '01a2241b-6616-7732-8bfb-a205e39db832', '{"code": "unsupported_format", "message": "The file is not a video format we can read.", "retryable": false}', 'videos/01a2241b-6543-7367-b8c0-608331ea55ef/source.mp4', 'broken.mp4', 16384, '"3183b917b4a58c4621c8687c073d3989-1"', NULL, NULL, '2026-11-28 21:41:44.90709+00', '2026-11-28 21:41:45.371135+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-3504-7716-9a51-32afa8f7015a', '01a2241b-2c05-7323-9d2d-1f7ed9051648', '', 'deleted', NULL, 100, NULL, 8, '01a2241b-35da-758b-8b36-5a97200f1737', NULL, 'videos/01a2241b-3504-7716-9a51-32afa8f7015a/source.mp4', '', 815144, NULL, NULL, NULL, '2026-11-28 21:41:32.559049+00', '2026-11-28 21:41:42.331431+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-376b-73fe-a0a4-46846b8ed36b', '01a2241b-2d96-75f4-99b5-162e589109f8', 'worse', 'failed', NULL, 0, NULL, 11, '01a2241b-6468-745a-be58-3763b1b0cdfd', '{"code": "storage_error", "message": "The uploaded file is no longer in the store. Upload it again.", "retryable": false}', 'videos/01a2241b-376b-73fe-a0a4-46846b8ed36b/source.mp4', 'worse.mp4', 815144, 'another', '{"width": 1280, "height": 720, "duration": 1.0, "frame_rate": 25.0, "audio_codec": "aac", "video_codec": "h264"}', 'videos/01a2241b-376b-73fe-a0a4-46846b8ed36b/01a2241b-38db-73e0-84e6-d1aff9ab95bb/1/poster.jpg', '2026-11-28 21:41:33.172121+00', '2026-11-28 21:41:44.810281+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-7747-7741-ba17-c6c3bec6d8dc', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'first', 'queued', NULL, 0, NULL, 2, '01a2241b-7885-70e1-8441-00f11734319d', NULL, 'videos/01a2241b-7747-7741-ba17-c6c3bec6d8dc/source.mp4', 'first.mp4', 815144, '"851f0d9f9090a2dbfbd9ba177be30600-1"', NULL, NULL, '2026-11-28 21:41:49.526293+00', '2026-11-28 21:41:49.8246+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-675e-7556-92dc-89fe533b8782', '01a2241b-2ec2-76f2-ab1f-1878eb2bf43b', 'gone', 'ready', NULL, 100, NULL, 7, '01a2241b-684c-7768-b72c-a08cde0c3693', NULL, 'videos/01a2241b-675e-7556-92dc-89fe533b8782/source.mp4', 'gone.mp4', 815144, '"851f0d9f9090a2dbfbd9ba177be30600-1"', '{"width": 1280, "height": 720, "duration": 1.0, "frame_rate": 25.0, "audio_codec": "aac", "video_codec": "h264"}', 'videos/01a2241b-675e-7556-92dc-89fe533b8782/01a2241b-684c-7768-b72c-a08cde0c3693/1/poster.jpg', '2026-11-28 21:41:45.473333+00', '2026-11-28 21:41:48.765311+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-78c5-71bb-ab66-d48a5fd9c57d', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'second', 'queued', NULL, 0, NULL, 2, '01a2241b-79bb-704d-9590-e7df5f0277a8', NULL, 'videos/01a2241b-78c5-71bb-ab66-d48a5fd9c57d/source.mp4', 'second.mp4', 815144, '"851f0d9f9090a2dbfbd9ba177be30600-1"', NULL, NULL, '2026-11-28 21:41:49.906506+00', '2026-11-28 21:41:50.129287+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-7326-7486-b7c7-37d3d160f26d', '01a2241b-2d96-75f4-99b5-162e589109f8', 'long', 'processing', 'encoding', 8, NULL, 5, '01a2241b-7586-721e-bc24-3ac944424d13', NULL, 'videos/01a2241b-7326-7486-b7c7-37d3d160f26d/source.mp4', 'long.mp4', 16413672, '"0bdd179f5fa985908658ff3f48e06840-2"', '{"width": 1280, "height": 720, "duration": 20.0, "frame_rate": 25.0, "audio_codec": "aac", "video_codec": "h264"}', NULL, '2026-11-28 21:41:48.487607+00', '2026-11-28 21:41:49.441744+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-7a1d-73f2-80c0-4466040dfff4', '01a2241b-2d96-75f4-99b5-162e589109f8', 'third', 'queued', NULL, 0, NULL, 2, '01a2241b-7b14-7032-b89e-c5dd49a68534', NULL, 'videos/01a2241b-7a1d-73f2-80c0-4466040dfff4/source.mp4', 'third.mp4', 815144, '"851f0d9f9090a2dbfbd9ba177be30600-1"', NULL, NULL, '2026-11-28 21:41:50.24606+00', '2026-11-28 21:41:50.462964+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-7b63-7255-953d-09575b53f539', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'cancelled', 'cancelled', NULL, 0, NULL, 3, '01a2241b-7c46-7773-bcc7-509a50119e0f', NULL, 'videos/01a2241b-7b63-7255-953d-09575b53f539/source.mp4', 'cancelled.mp4', 815144, '"851f0d9f9090a2dbfbd9ba177be30600-1"', NULL, NULL, '2026-11-28 21:41:50.567773+00', '2026-11-28 21:41:50.83957+00', DEFAULT);
INSERT INTO public.videos VALUES ('01a2241b-7cfe-71f4-938c-d0f275ed8059', '01a2241b-2c05-7323-9d2d-1f7ed9051648', 'half', 'uploading', NULL, 0, NULL, 1, NULL, NULL, 'videos/01a2241b-7cfe-71f4-938c-d0f275ed8059/source.mp4', 'half.mp4', 815144, NULL, NULL, NULL, '2026-11-28 21:41:50.979277+00', '2026-11-28 21:41:50.979277+00', DEFAULT);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT pk_artifacts PRIMARY KEY (id);
ALTER TABLE ONLY public.invites
    ADD CONSTRAINT pk_invites PRIMARY KEY (id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT pk_jobs PRIMARY KEY (id);
ALTER TABLE ONLY public.purges
    ADD CONSTRAINT pk_purges PRIMARY KEY (id);
ALTER TABLE ONLY public.renditions
    ADD CONSTRAINT pk_renditions PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (id);
ALTER TABLE ONLY public.setbacks
    ADD CONSTRAINT pk_setbacks PRIMARY KEY (kind, row_id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT pk_tasks PRIMARY KEY (id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT pk_uploads PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT pk_users PRIMARY KEY (id);
ALTER TABLE ONLY public.videos
    ADD CONSTRAINT pk_videos PRIMARY KEY (id);
ALTER TABLE ONLY public.invites
    ADD CONSTRAINT uq_invites_code_hash UNIQUE (code_hash);
ALTER TABLE ONLY public.renditions
    ADD CONSTRAINT uq_renditions_video_id_name UNIQUE (video_id, name);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uq_uploads_video_id UNIQUE (video_id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT uq_users_email UNIQUE (email);
ALTER TABLE ONLY public.videos
    ADD CONSTRAINT uq_videos_id_alive UNIQUE (id, alive);
CREATE INDEX ix_artifacts_job_id ON public.artifacts USING btree (job_id);
CREATE INDEX ix_artifacts_video_id ON public.artifacts USING btree (video_id);
CREATE INDEX ix_invites_created_by ON public.invites USING btree (created_by);
CREATE INDEX ix_invites_expires_at ON public.invites USING btree (expires_at);
CREATE INDEX ix_invites_used_by ON public.invites USING btree (used_by);
CREATE INDEX ix_jobs_finished ON public.jobs USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_jobs_user ON public.jobs USING btree (user_id, id DESC);
CREATE INDEX ix_jobs_video_id ON public.jobs USING btree (video_id);
CREATE INDEX ix_purges_not_before ON public.purges USING btree (not_before);
CREATE INDEX ix_renditions_job_id ON public.renditions USING btree (job_id);
CREATE INDEX ix_sessions_user_id ON public.sessions USING btree (user_id);
CREATE INDEX ix_setbacks_retry_at ON public.setbacks USING btree (retry_at);
CREATE INDEX ix_tasks_job_id ON public.tasks USING btree (job_id);
CREATE INDEX ix_tasks_live_video ON public.tasks USING btree (live_video_id) WHERE (live_video_id IS NOT NULL);
CREATE INDEX ix_tasks_queued ON public.tasks USING btree (dispatched_at) WHERE ((state)::text = 'queued'::text);
CREATE INDEX ix_tasks_running ON public.tasks USING btree (lease_until) WHERE ((state)::text = 'running'::text);
CREATE INDEX ix_tasks_turn ON public.tasks USING btree (priority DESC, turn, id) WHERE ((state)::text = 'queued'::text);
CREATE INDEX ix_tasks_turn_of_user ON public.tasks USING btree (user_id, priority, turn DESC) WHERE ((state)::text = 'queued'::text);
CREATE INDEX ix_tasks_unsent ON public.tasks USING btree (available_at) WHERE (dispatched_at IS NULL);
CREATE INDEX ix_tasks_video_id ON public.tasks USING btree (video_id);
CREATE INDEX ix_uploads_open ON public.uploads USING btree (check_at) WHERE ((state)::text = 'open'::text);
CREATE INDEX ix_uploads_user_id ON public.uploads USING btree (user_id);
CREATE INDEX ix_users_admins ON public.users USING btree (id) WHERE ((role)::text = 'admin'::text);
CREATE INDEX ix_users_closed ON public.users USING btree (id) WHERE (closed_at IS NOT NULL);
CREATE INDEX ix_videos_active ON public.videos USING btree (user_id) WHERE ((state)::text = ANY ((ARRAY['uploading'::character varying, 'queued'::character varying, 'processing'::character varying])::text[]));
CREATE INDEX ix_videos_deleted ON public.videos USING btree (id) WHERE ((state)::text = 'deleted'::text);
CREATE INDEX ix_videos_library ON public.videos USING btree (user_id, id DESC) WHERE ((state)::text <> 'deleted'::text);
CREATE INDEX ix_videos_user_id ON public.videos USING btree (user_id);
CREATE UNIQUE INDEX uq_jobs_live_transcode ON public.jobs USING btree (video_id) WHERE (((operation)::text = 'transcode'::text) AND ((state)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[])));
ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT fk_artifacts_job_id FOREIGN KEY (job_id) REFERENCES public.jobs(id);
ALTER TABLE ONLY public.artifacts
    ADD CONSTRAINT fk_artifacts_video_id FOREIGN KEY (video_id) REFERENCES public.videos(id);
ALTER TABLE ONLY public.invites
    ADD CONSTRAINT fk_invites_created_by FOREIGN KEY (created_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.invites
    ADD CONSTRAINT fk_invites_used_by FOREIGN KEY (used_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT fk_jobs_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT fk_jobs_video_id FOREIGN KEY (video_id) REFERENCES public.videos(id);
ALTER TABLE ONLY public.renditions
    ADD CONSTRAINT fk_renditions_job_id FOREIGN KEY (job_id) REFERENCES public.jobs(id);
ALTER TABLE ONLY public.renditions
    ADD CONSTRAINT fk_renditions_video_id FOREIGN KEY (video_id) REFERENCES public.videos(id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT fk_sessions_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT fk_tasks_job_id FOREIGN KEY (job_id) REFERENCES public.jobs(id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT fk_tasks_live_video FOREIGN KEY (live_video_id, video_alive) REFERENCES public.videos(id, alive);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT fk_tasks_video_id FOREIGN KEY (video_id) REFERENCES public.videos(id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT fk_uploads_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT fk_uploads_video_id FOREIGN KEY (video_id) REFERENCES public.videos(id);
ALTER TABLE ONLY public.videos
    ADD CONSTRAINT fk_videos_user_id FOREIGN KEY (user_id) REFERENCES public.users(id);
