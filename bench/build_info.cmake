# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Writes build_info.h, and touches it only when it changes, so that nothing is rebuilt for nothing.
# cmake -D OUT= -D SOURCE= -D VERSION= -D COMPILER= -D FLAGS= -D TYPE= -P build_info.cmake
set(commit unknown)
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                  OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE rc)
  if(rc EQUAL 0)
    set(commit ${answer})
  endif()
endif()
file(WRITE ${OUT}.new "#define EDYNO_BUILD_VERSION \"${VERSION}\"
#define EDYNO_BUILD_COMPILER \"${COMPILER}\"
#define EDYNO_BUILD_FLAGS \"${FLAGS}\"
#define EDYNO_BUILD_TYPE \"${TYPE}\"
#define EDYNO_BUILD_COMMIT \"${commit}\"
")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OUT}.new ${OUT})
file(REMOVE ${OUT}.new)
