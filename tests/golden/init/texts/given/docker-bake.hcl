target "texts" {
  dockerfile = "texts.Dockerfile"
  args = {
    JINJA   = "{{ not.ours }} {% raw %} {# comment #}"
    DOLLAR  = "$${HOME} $HOME %%{if}"
    YES     = "yes"
    NUMBER  = "010"
    QUOTES  = "say \"hi\" and 'bye'"
    COLON   = "a: b # c"
    SPACES  = " around "
    LINES   = "one\ntwo\n\n"
    UNICODE = "größe 日本語 😀"
    BACK    = "C:\\temp\\*"
    STAR    = "*.txt"
    EQUALS  = "a=b,c=d"
    NULL    = "null"
    DASH    = "-"
  }
  labels = {
    "with space"  = "x"
    "with/slash"  = "y"
    "true"        = "false"
  }
  annotations = ["a={{ b }}"]
}
