# base: errors, cleanup, buffers, tables, paths, fds, digests, processes, work pool. Uses libc and libcrypto only.
noinst_LIBRARIES += libbase.a
libbase_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
libbase_a_SOURCES = \
	base/alloc.c base/alloc.h base/base64.c base/base64.h base/buf.c base/buf.h base/digest.c base/digest.h \
	base/digests.c base/digests.h base/err.c base/err.h base/fd.c base/fd.h base/id.c base/id.h base/number.c base/number.h \
	base/passing.c base/passing.h base/path.c base/path.h base/pool.c base/pool.h base/proc.c base/proc.h base/proc_call.c \
	base/report.c base/report.h base/table.c base/table.h base/texts.c base/texts.h
libbase_a_SOURCES += base/usage.c base/usage.h
libbase_a_SOURCES += base/crew.c base/crew.h base/late.c base/late.h

unit_tests += tests/unit/test-err
check_PROGRAMS += tests/unit/test-err
tests_unit_test_err_SOURCES = tests/unit/test-err.c tests/unit/unit.h
tests_unit_test_err_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_err_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-base64
check_PROGRAMS += tests/unit/test-base64
tests_unit_test_base64_SOURCES = tests/unit/test-base64.c tests/unit/unit.h
tests_unit_test_base64_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_base64_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-buf
check_PROGRAMS += tests/unit/test-buf
tests_unit_test_buf_SOURCES = tests/unit/test-buf.c tests/unit/unit.h
tests_unit_test_buf_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_buf_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-table
check_PROGRAMS += tests/unit/test-table
tests_unit_test_table_SOURCES = tests/unit/test-table.c tests/unit/unit.h
tests_unit_test_table_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_table_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-path
check_PROGRAMS += tests/unit/test-path
tests_unit_test_path_SOURCES = tests/unit/test-path.c tests/unit/unit.h
tests_unit_test_path_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_path_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-fd
check_PROGRAMS += tests/unit/test-fd
tests_unit_test_fd_SOURCES = tests/unit/test-fd.c tests/unit/unit.h
tests_unit_test_fd_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_fd_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-digest
check_PROGRAMS += tests/unit/test-digest
tests_unit_test_digest_SOURCES = tests/unit/test-digest.c tests/unit/unit.h
tests_unit_test_digest_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_digest_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-digests
check_PROGRAMS += tests/unit/test-digests
tests_unit_test_digests_SOURCES = tests/unit/test-digests.c tests/unit/unit.h
tests_unit_test_digests_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_digests_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-proc
check_PROGRAMS += tests/unit/test-proc
tests_unit_test_proc_SOURCES = tests/unit/test-proc.c tests/unit/unit.h
tests_unit_test_proc_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_proc_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-pool
check_PROGRAMS += tests/unit/test-pool
tests_unit_test_pool_SOURCES = tests/unit/test-pool.c tests/unit/unit.h
tests_unit_test_pool_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_pool_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-texts
check_PROGRAMS += tests/unit/test-texts
tests_unit_test_texts_SOURCES = tests/unit/test-texts.c tests/unit/unit.h
tests_unit_test_texts_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_texts_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-id
check_PROGRAMS += tests/unit/test-id
tests_unit_test_id_SOURCES = tests/unit/test-id.c tests/unit/unit.h
tests_unit_test_id_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_id_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-number
check_PROGRAMS += tests/unit/test-number
tests_unit_test_number_SOURCES = tests/unit/test-number.c tests/unit/unit.h
tests_unit_test_number_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_number_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-usage
check_PROGRAMS += tests/unit/test-usage
tests_unit_test_usage_SOURCES = tests/unit/test-usage.c tests/unit/unit.h tests/unit/scratch.h
tests_unit_test_usage_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_usage_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-late
check_PROGRAMS += tests/unit/test-late
tests_unit_test_late_SOURCES = tests/unit/test-late.c tests/unit/unit.h
tests_unit_test_late_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_late_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

unit_tests += tests/unit/test-crew
check_PROGRAMS += tests/unit/test-crew
tests_unit_test_crew_SOURCES = tests/unit/test-crew.c tests/unit/unit.h
tests_unit_test_crew_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_crew_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
