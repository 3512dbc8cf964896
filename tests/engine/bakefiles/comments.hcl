# one
// two
/* three
   lines */
target /* here */ "app" { # and here
  tags = [ # in a list
    "a", // one
    /* two */ "b",
    # three
  ]
  args = {
    # in an object
    A = "#not a comment" # but this
    B = "//nor this"
  }
}
target bare {
  context = "./folder/../other"
}
