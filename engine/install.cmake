# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# `cmake --install`: libedyno.a and libedyno.so, edyno.pc, and the public headers.
#
# In the source tree headers include each other from the root ("engine/plan.h"); installed they are
# <edyno/plan.h> and need no -I beyond the prefix's include folder, so the prefix of each include is
# rewritten as they are installed.
set(EDYNO_PUBLIC_HEADERS
    edyno.h backend.h cpu.h graph.h import/limits.h import/onnx_import.h import/text_import.h
    import/tflite_import.h kernel.h plan.h region.h requant.h status.h tensor.h threads.h)
set(EDYNO_PC_REQUIRES "")
if(EDYNO_ONNX)
  set(EDYNO_PC_REQUIRES libprotobuf-c)
  list(APPEND EDYNO_PUBLIC_HEADERS export/onnx_export.h)
endif()

foreach(header ${EDYNO_PUBLIC_HEADERS})
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${header})
  set(rewritten ${CMAKE_CURRENT_BINARY_DIR}/installed/${header})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(READ ${source} text)
  string(REPLACE "#include \"engine/" "#include \"edyno/" text "${text}")
  file(WRITE ${rewritten} "${text}")
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${rewritten} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/edyno/${folder})
endforeach()

# edyno.pc finds its prefix from where it lies, so `cmake --install build --prefix P` works too.
set(pc_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH EDYNO_PC_TO_PREFIX ${CMAKE_INSTALL_PREFIX}/${pc_folder} ${CMAKE_INSTALL_PREFIX})
configure_file(edyno.pc.in edyno.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/edyno.pc DESTINATION ${pc_folder})
install(TARGETS edyno_engine edyno_shared
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
