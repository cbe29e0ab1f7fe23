# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# cmake -D OUT=embedded.c -D FILES=a.gp;b.css -P embed.cmake: makes a C file that holds each file as
# "const char edy_a_gp[]", ended by a NUL.
set(text "/* Made by reports/embed.cmake; not to be edited. */\n#include \"reports/embedded.h\"\n")
foreach(path ${FILES})
  get_filename_component(name ${path} NAME)
  string(MAKE_C_IDENTIFIER ${name} name)
  file(READ ${path} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "((0x..,){16})" "\\1\n" bytes "${bytes}")
  string(APPEND text "\nconst char edy_${name}[] = {\n${bytes}0x00};\n")
endforeach()
file(WRITE ${OUT} "${text}")
