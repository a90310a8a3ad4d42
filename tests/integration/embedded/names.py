"""Names that a person may give to a directory."""

ODD_NAME = "o\"d'd \\ $HOME %s%% #é`id`;*?[a] $(id)"
