"""The types of files that can be uploaded, by the end of their names; well-known ones first.

What a worker takes is decided by the content: see `workers/media/limits.py`.
"""

CONTENT_TYPES = {
    ".mp4": "video/mp4", ".mov": "video/quicktime", ".mkv": "video/x-matroska",
    ".webm": "video/webm", ".avi": "video/x-msvideo",
    ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".wav": "audio/wav",
    # Phones, players, the web
    ".m4v": "video/mp4", ".qt": "video/quicktime", ".3gp": "video/3gpp", ".3g2": "video/3gpp2",
    ".divx": "video/x-msvideo", ".wmv": "video/x-ms-wmv", ".asf": "video/x-ms-asf",
    ".flv": "video/x-flv", ".f4v": "video/mp4", ".ogv": "video/ogg", ".ogm": "video/ogg",
    ".mp4v": "video/mp4",
    ".rm": "application/vnd.rn-realmedia", ".rmvb": "application/vnd.rn-realmedia-vbr",
    # Television, DVD, camcorders, studios
    ".ts": "video/mp2t", ".mts": "video/mp2t", ".m2ts": "video/mp2t", ".m2t": "video/mp2t",
    ".trp": "video/mp2t", ".tod": "video/mp2t", ".mpg": "video/mpeg", ".mpeg": "video/mpeg",
    ".mpe": "video/mpeg", ".m2p": "video/mpeg", ".m2v": "video/mpeg", ".vob": "video/mpeg",
    ".mod": "video/mpeg", ".dv": "video/dv", ".dif": "video/dv", ".mxf": "application/mxf",
    # Pictures, also those that move
    ".gif": "image/gif", ".webp": "image/webp", ".png": "image/png", ".apng": "image/apng",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
    # Sound
    ".aac": "audio/aac", ".flac": "audio/flac", ".ogg": "audio/ogg", ".oga": "audio/ogg",
    ".opus": "audio/ogg", ".weba": "audio/webm", ".mka": "audio/x-matroska",
    ".wma": "audio/x-ms-wma", ".aiff": "audio/aiff", ".aif": "audio/aiff", ".caf": "audio/x-caf",
    ".w64": "audio/x-w64", ".amr": "audio/amr", ".ac3": "audio/ac3", ".eac3": "audio/eac3",
    ".dts": "audio/vnd.dts", ".mp2": "audio/mpeg", ".m4b": "audio/mp4", ".3ga": "audio/3gpp",
}  # fmt: skip
