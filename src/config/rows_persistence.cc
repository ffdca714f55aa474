// Rows: snapshots and the append-only log.
#include "config/custom_options.h"
#include "config/option_rows.h"

namespace gotthard {

namespace {

constexpr EnumValue kSanitizeDump[] = {{"no", Config::kSanitizeNo},
                                       {"yes", Config::kSanitizeYes},
                                       {"clients", Config::kSanitizeClients}};
constexpr EnumValue kAppendFsync[] = {{"everysec", Config::kFsyncEverysec},
                                      {"always", Config::kFsyncAlways},
                                      {"no", Config::kFsyncNo}};

constexpr OptionRow kSnapshotRows[] = {
    {.name = "save",
     .member = &kSaveOption,
     .initial = "3600 1 300 100 60 10000",
     .flags = kOptMultiArg | kOptNoEffect,
     .help = "Write a snapshot after so many seconds if there were at least so many changes. "
             "Several pairs, or several lines, add up; save \"\" turns snapshots off."},
    {.name = "dbfilename",
     .member = &Config::dbfilename,
     .initial = "dump.rdb",
     .flags = kOptProtected | kOptNoEffect,
     .check = CheckDbFilename,
     .help = "The snapshot's file, in dir."},
    {.name = "rdbcompression",
     .member = &Config::rdbcompression,
     .initial = "yes",
     .flags = kOptNoEffect,
     .help = "Compress strings in snapshots."},
    {.name = "rdbchecksum",
     .member = &Config::rdbchecksum,
     .initial = "yes",
     .flags = kOptImmutable | kOptNoEffect,
     .help = "End snapshots with a checksum, and verify it when they are loaded."},
    {.name = "stop-writes-on-bgsave-error",
     .member = &Config::stop_writes_on_bgsave_error,
     .initial = "yes",
     .flags = kOptNoEffect,
     .help = "Refuse writes after a snapshot has failed, until one succeeds."},
    {.name = "rdb-del-sync-files",
     .member = &Config::rdb_del_sync_files,
     .initial = "no",
     .flags = kOptNoEffect,
     .help = "Delete the files that replication needed, if nothing else is kept on disk."},
    {.name = "rdb-save-incremental-fsync",
     .member = &Config::rdb_save_incremental_fsync,
     .initial = "yes",
     .flags = kOptNoEffect,
     .help = "Flush a snapshot to disk in steps while it is written."},
    {.name = "sanitize-dump-payload",
     .member = &Config::sanitize_dump_payload,
     .initial = "no",
     .values = kSanitizeDump,
     .flags = kOptDebug | kOptNoEffect,
     .help = "Check every structure of loaded data (clients: of RESTORE only)."},
    {.name = "rdb-key-save-delay",
     .member = &Config::rdb_key_save_delay,
     .initial = "0",
     .min = INT32_MIN,
     .flags = kOptHidden | kOptNoEffect,
     .help = "Slow saving down by so many microseconds a key."},
    {.name = "key-load-delay",
     .member = &Config::key_load_delay,
     .initial = "0",
     .min = INT32_MIN,
     .flags = kOptHidden | kOptNoEffect,
     .help = "Slow loading down by so many microseconds a key."},
    {.name = "loading-process-events-interval-bytes",
     .member = &Config::loading_process_events_interval_bytes,
     .initial = "2097152",
     .min = 1024,
     .flags = kOptHidden | kOptNoEffect,
     .help = "Answer clients after so many bytes have been loaded."},
};

constexpr OptionRow kAppendLogRows[] = {
    {.name = "appendonly",
     .member = &Config::appendonly,
     .initial = "no",
     .flags = kOptDenyLoading | kOptNoEffect,
     .help = "Log every change."},
    {.name = "appendfilename",
     .member = &Config::appendfilename,
     .initial = "appendonly.aof",
     .flags = kOptImmutable | kOptNoEffect,
     .check = CheckAppendFilename,
     .help = "What the names of the log's files begin with."},
    {.name = "appenddirname",
     .member = &Config::appenddirname,
     .initial = "appendonlydir",
     .flags = kOptImmutable | kOptNoEffect,
     .check = CheckAppendDirname,
     .help = "The directory, in dir, of the log's files."},
    {.name = "appendfsync",
     .member = &Config::appendfsync,
     .initial = "everysec",
     .values = kAppendFsync,
     .flags = kOptNoEffect,
     .help = "When the log is flushed to disk: always, before a change is acknowledged; once a "
             "second; or no, when the system likes."},
    {.name = "no-appendfsync-on-rewrite",
     .member = &Config::no_appendfsync_on_rewrite,
     .initial = "no",
     .flags = kOptNoEffect,
     .help = "Do not flush while the log is being rewritten."},
    {.name = "auto-aof-rewrite-percentage",
     .member = &Config::auto_aof_rewrite_percentage,
     .initial = "100",
     .flags = kOptNoEffect,
     .help = "Rewrite the log when it has grown by this much, in percent, since it was last "
             "rewritten. 0 means never."},
    {.name = "auto-aof-rewrite-min-size",
     .member = &Config::auto_aof_rewrite_min_size,
     .initial = "64mb",
     .max = kMaxInt64,
     .flags = kOptMemory | kOptNoEffect,
     .help = "Do not rewrite a log that is smaller than this."},
    {.name = "aof-load-truncated",
     .member = &Config::aof_load_truncated,
     .initial = "yes",
     .flags = kOptNoEffect,
     .help =
         "Load a log whose end is missing, as after a power cut, instead of refusing to start."},
    {.name = "aof-use-rdb-preamble",
     .member = &Config::aof_use_rdb_preamble,
     .initial = "yes",
     .flags = kOptNoEffect,
     .help = "Begin a rewritten log with a snapshot, which loads faster."},
    {.name = "aof-timestamp-enabled",
     .member = &Config::aof_timestamp_enabled,
     .initial = "no",
     .flags = kOptNoEffect,
     .help = "Write times to the log, so that it can be cut at one."},
    {.name = "aof-rewrite-incremental-fsync",
     .member = &Config::aof_rewrite_incremental_fsync,
     .initial = "yes",
     .flags = kOptNoEffect,
     .help = "Flush a rewritten log to disk in steps while it is written."},
    {.name = "aof-disable-auto-gc",
     .member = &Config::aof_disable_auto_gc,
     .initial = "no",
     .flags = kOptHidden | kOptNoEffect,
     .help = "Keep the log's old files."},
};

}  // namespace

std::span<const OptionRow> SnapshotRows() {
  return kSnapshotRows;
}
std::span<const OptionRow> AppendLogRows() {
  return kAppendLogRows;
}

}  // namespace gotthard
