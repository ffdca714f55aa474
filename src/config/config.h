// Config: the values of every option, as plain typed members.
//
// A member bears its directive's name with '-' written as '_': `proto-max-bulk-len` is
// `config.proto_max_bulk_len`. Sizes are bytes, and times are in the unit their directive has
// (src/config/rows_*.cc say which). A Config that was just made holds the defaults of the option
// table. Enumerations are ints whose values are the constants below.
//
// Owning thread: main before the threads start, the execution thread after. Other threads get
// copies of what they need. ConfigStore (config/config_store.h) is the only writer, and it writes
// in place, so that a `const Config&` stays valid for the life of the store; a string_view into a
// member does not outlive the next CONFIG SET.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {

struct Config {
  Config();  // every member at the default of its row

  enum LogLevel : int { kLogDebug, kLogVerbose, kLogNotice, kLogWarning, kLogNothing };
  enum Supervised : int {
    kSupervisedNo,
    kSupervisedUpstart,
    kSupervisedSystemd,
    kSupervisedAuto,
  };
  enum MaxmemoryPolicy : int {
    kNoEviction,
    kVolatileLru,
    kVolatileLfu,
    kVolatileRandom,
    kVolatileTtl,
    kAllkeysLru,
    kAllkeysLfu,
    kAllkeysRandom,
  };
  enum AppendFsync : int { kFsyncNo, kFsyncEverysec, kFsyncAlways };
  enum ShutdownFlag : int {  // bits, for shutdown-on-sigint and shutdown-on-sigterm; 0 = default
    kShutdownSave = 1,
    kShutdownNosave = 2,
    kShutdownNow = 4,
    kShutdownForce = 8,
  };
  enum DisklessLoad : int { kDisklessLoadDisabled, kDisklessLoadOnEmptyDb, kDisklessLoadSwapdb };
  enum TlsAuthClients : int { kTlsAuthNo, kTlsAuthYes, kTlsAuthOptional };
  enum OomScoreAdj : int { kOomScoreNo, kOomScoreRelative, kOomScoreAbsolute };
  enum PubsubDefault : int { kPubsubResetChannels, kPubsubAllChannels };
  enum SanitizeDump : int { kSanitizeNo, kSanitizeYes, kSanitizeClients };
  enum Protected : int { kProtectedNo, kProtectedYes, kProtectedLocal };
  enum EndpointType : int { kEndpointIp, kEndpointHostname, kEndpointUnknown };
  enum PropagationError : int {
    kPropagationIgnore,
    kPropagationPanic,
    kPropagationPanicOnReplicas,
  };
  enum IoBackend : int { kIoBackendAuto, kIoBackendEpoll, kIoBackendUring };
  enum NotifyFlag : int {      // notify-keyspace-events, one bit a letter
    kNotifyKeyspace = 1 << 0,  // K
    kNotifyKeyevent = 1 << 1,  // E
    kNotifyGeneric = 1 << 2,   // g
    kNotifyString = 1 << 3,    // $
    kNotifyList = 1 << 4,      // l
    kNotifySet = 1 << 5,       // s
    kNotifyHash = 1 << 6,      // h
    kNotifyZset = 1 << 7,      // z
    kNotifyExpired = 1 << 8,   // x
    kNotifyEvicted = 1 << 9,   // e
    kNotifyStream = 1 << 10,   // t
    kNotifyKeyMiss = 1 << 11,  // m, not part of A
    kNotifyModule = 1 << 13,   // d
    kNotifyNew = 1 << 14,      // n, not part of A
    kNotifyAll = kNotifyGeneric | kNotifyString | kNotifyList | kNotifySet | kNotifyHash |
                 kNotifyZset | kNotifyExpired | kNotifyEvicted | kNotifyStream | kNotifyModule,
  };
  enum ClientClass : int { kClientNormal, kClientReplica, kClientPubsub };

  struct SavePoint {
    int64_t seconds = 0;
    int64_t changes = 0;
    bool operator==(const SavePoint&) const = default;
  };
  struct OutputLimit {  // 0 = no limit
    int64_t hard_bytes = 0;
    int64_t soft_bytes = 0;
    int64_t soft_seconds = 0;
    bool operator==(const OutputLimit&) const = default;
  };
  struct ReplicaOf {
    std::string host;  // empty: this server is a master
    int64_t port = 0;
  };
  struct RenameCommand {
    std::string from;
    std::string to;  // empty: the command is removed
  };

  // Whether keys' uses are counted (maxmemory-policy *-lfu) rather than timed.
  bool UsesLfu() const {
    return maxmemory_policy == kAllkeysLfu || maxmemory_policy == kVolatileLfu;
  }

  // Network.
  std::vector<std::string> bind;  // "-addr": no error when the address does not exist; "*": all
  int64_t port;                   // 0 = no TCP
  bool protected_mode;
  int64_t tcp_backlog;
  std::string unixsocket;  // empty = none
  int64_t unixsocketperm;  // 0 = as the umask has it
  int64_t timeout;         // seconds; 0 = never
  int64_t tcp_keepalive;   // seconds; 0 = off
  int64_t maxclients;
  std::string bind_source_addr;
  int64_t socket_mark_id;
  int64_t io_threads;  // threads that do I/O, 1..128; 0 = auto
  bool io_threads_do_reads;
  bool io_threads_always_active;
  int io_backend;
  int64_t proto_max_bulk_len;
  int64_t client_query_buffer_limit;
  std::array<OutputLimit, 3> client_output_buffer_limit;  // indexed by ClientClass
  int64_t maxmemory_clients;  // bytes; negative: percent of maxmemory; 0 = no limit

  // TLS.
  int64_t tls_port;
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_key_file_pass;
  std::string tls_client_cert_file;
  std::string tls_client_key_file;
  std::string tls_client_key_file_pass;
  std::string tls_dh_params_file;
  std::string tls_ca_cert_file;
  std::string tls_ca_cert_dir;
  int tls_auth_clients;
  bool tls_replication;
  bool tls_cluster;
  std::string tls_protocols;
  std::string tls_ciphers;
  std::string tls_ciphersuites;
  bool tls_prefer_server_ciphers;
  bool tls_session_caching;
  int64_t tls_session_cache_size;
  int64_t tls_session_cache_timeout;

  // Process.
  bool daemonize;
  int supervised;
  std::string pidfile;
  std::string dir;  // absolute once a directive has set it; empty = where the process started
  int64_t databases;
  int64_t hz;
  bool dynamic_hz;
  int64_t shutdown_timeout;  // seconds
  int shutdown_on_sigint;
  int shutdown_on_sigterm;
  bool set_proc_title;
  std::string proc_title_template;
  bool always_show_logo;
  bool crash_log_enabled;
  bool crash_memcheck_enabled;
  bool use_exit_on_panic;
  bool disable_thp;
  bool jemalloc_bg_thread;
  int oom_score_adj;
  std::array<int, 3> oom_score_adj_values;  // master, replica, background child
  std::string server_cpulist;
  std::string bio_cpulist;
  std::string aof_rewrite_cpulist;
  std::string bgsave_cpulist;
  std::string ignore_warnings;
  std::string locale_collate;
  int64_t watchdog_period;
  bool enable_debug_assert;
  int enable_protected_configs;
  int enable_debug_command;
  int enable_module_command;

  // Log and introspection.
  int loglevel;
  std::string logfile;  // empty = standard output
  bool syslog_enabled;
  std::string syslog_ident;
  int syslog_facility;  // as <syslog.h> has it
  bool hide_user_data_from_log;
  int64_t slowlog_log_slower_than;  // microseconds; negative = off, 0 = everything
  int64_t slowlog_max_len;
  int64_t latency_monitor_threshold;  // milliseconds; 0 = off
  bool latency_tracking;
  std::vector<double> latency_tracking_info_percentiles;

  // Security.
  std::string requirepass;
  std::string aclfile;
  int64_t acllog_max_len;
  int acl_pubsub_default;
  std::vector<RenameCommand> rename_command;
  std::vector<std::vector<std::string>> user;  // arguments after the word `user`

  // Keys and memory.
  int64_t default_ttl;  // seconds; 0 = none
  int64_t maxmemory;    // 0 = no limit
  int maxmemory_policy;
  int64_t maxmemory_samples;
  int64_t maxmemory_eviction_tenacity;
  int64_t active_expire_effort;
  int64_t lfu_log_factor;
  int64_t lfu_decay_time;  // minutes
  bool lazyfree_lazy_eviction;
  bool lazyfree_lazy_expire;
  bool lazyfree_lazy_server_del;
  bool lazyfree_lazy_user_del;
  bool lazyfree_lazy_user_flush;
  bool activerehashing;
  bool activedefrag;
  int64_t active_defrag_ignore_bytes;
  int64_t active_defrag_threshold_lower;
  int64_t active_defrag_threshold_upper;
  int64_t active_defrag_cycle_min;
  int64_t active_defrag_cycle_max;
  int64_t active_defrag_max_scan_fields;
  int notify_keyspace_events;  // bits of NotifyFlag
  int64_t tracking_table_max_keys;

  // Encodings.
  int64_t hash_max_listpack_entries;
  int64_t hash_max_listpack_value;
  int64_t list_max_listpack_size;
  int64_t list_compress_depth;
  int64_t set_max_intset_entries;
  int64_t set_max_listpack_entries;
  int64_t set_max_listpack_value;
  int64_t zset_max_listpack_entries;
  int64_t zset_max_listpack_value;
  int64_t hll_sparse_max_bytes;
  int64_t stream_node_max_bytes;
  int64_t stream_node_max_entries;

  // Scripts.
  int64_t busy_reply_threshold;  // milliseconds; 0 = never

  // Snapshots.
  std::vector<SavePoint> save;
  std::string dbfilename;
  bool rdbcompression;
  bool rdbchecksum;
  bool rdb_del_sync_files;
  bool rdb_save_incremental_fsync;
  bool stop_writes_on_bgsave_error;
  int sanitize_dump_payload;
  int64_t rdb_key_save_delay;  // microseconds
  int64_t key_load_delay;      // microseconds
  int64_t loading_process_events_interval_bytes;

  // Append-only log.
  bool appendonly;
  std::string appendfilename;
  std::string appenddirname;
  int appendfsync;
  bool no_appendfsync_on_rewrite;
  int64_t auto_aof_rewrite_percentage;
  int64_t auto_aof_rewrite_min_size;
  bool aof_load_truncated;
  bool aof_use_rdb_preamble;
  bool aof_timestamp_enabled;
  bool aof_rewrite_incremental_fsync;
  bool aof_disable_auto_gc;

  // Replication.
  ReplicaOf replicaof;
  std::string masterauth;
  std::string masteruser;
  bool replica_serve_stale_data;
  bool replica_read_only;
  bool replica_ignore_maxmemory;
  bool replica_lazy_flush;
  int64_t replica_priority;
  std::string replica_announce_ip;
  int64_t replica_announce_port;
  bool replica_announced;
  bool replica_ignore_disk_write_errors;
  int64_t repl_ping_replica_period;  // seconds
  int64_t repl_timeout;              // seconds
  bool repl_disable_tcp_nodelay;
  bool repl_diskless_sync;
  int64_t repl_diskless_sync_delay;  // seconds
  int64_t repl_diskless_sync_max_replicas;
  int repl_diskless_load;
  int64_t repl_backlog_size;
  int64_t repl_backlog_ttl;  // seconds
  int64_t min_replicas_to_write;
  int64_t min_replicas_max_lag;  // seconds
  int propagation_error_behavior;

  // Cluster.
  bool cluster_enabled;
  std::string cluster_config_file;
  int64_t cluster_node_timeout;  // milliseconds
  int64_t cluster_ping_interval;
  int64_t cluster_port;
  int64_t cluster_replica_validity_factor;
  int64_t cluster_migration_barrier;
  bool cluster_allow_replica_migration;
  bool cluster_require_full_coverage;
  bool cluster_replica_no_failover;
  bool cluster_allow_reads_when_down;
  bool cluster_allow_pubsubshard_when_down;
  int64_t cluster_link_sendbuf_limit;
  std::string cluster_announce_ip;
  int64_t cluster_announce_port;
  int64_t cluster_announce_tls_port;
  int64_t cluster_announce_bus_port;
  std::string cluster_announce_hostname;
  std::string cluster_announce_human_nodename;
  int cluster_preferred_endpoint_type;
};

// "AKE" and the like. The letters of `flags` in Redis's order: A alone for all of its classes.
std::string NotifyFlagsToString(int flags);
// The bits of the letters in `text`, or -1 when one is unknown.
int NotifyFlagsFromString(std::string_view text);

}  // namespace gotthard
