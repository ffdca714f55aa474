#include "types/cuckoo_filter.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "types/sketch_bytes.h"

namespace gotthard {
namespace {

constexpr uint64_t kMaxBuckets = uint64_t{1} << 40;
constexpr size_t kHeaderBytes = 40;

}  // namespace

// An item in a table: its fingerprint and the hash its first bucket comes from. The other bucket's
// comes from the first and the fingerprint alone, and leads back the same way.
struct CuckooFilter::Place {
  explicit Place(std::string_view item) {
    const SketchHash hash = HashForSketch(item);
    fingerprint = static_cast<uint8_t>(hash.second % 255 + 1);
    first = hash.first;
  }
  uint64_t First(uint64_t buckets) const { return first & (buckets - 1); }
  uint64_t Second(uint64_t buckets) const { return Other(First(buckets), fingerprint, buckets); }
  static uint64_t Other(uint64_t bucket, uint8_t fingerprint, uint64_t buckets) {
    return (bucket ^ (fingerprint * uint64_t{0xc6a4a7935bd1e995} >> 16)) & (buckets - 1);
  }

  uint8_t fingerprint;
  uint64_t first;
};

std::unique_ptr<CuckooFilter> CuckooFilter::Make(const Options& options) {
  std::unique_ptr<CuckooFilter> filter(new CuckooFilter());
  filter->bucket_size_ = options.bucket_size;
  filter->max_iterations_ = options.max_iterations;
  filter->expansion_ = options.expansion == 0 ? 0 : std::bit_ceil(options.expansion);
  const uint64_t buckets =
      std::bit_ceil(std::max<uint64_t>(options.capacity / options.bucket_size, 1));
  return filter->MakeTable(buckets) ? std::move(filter) : nullptr;
}

bool CuckooFilter::MakeTable(uint64_t buckets) {
  if (buckets > kMaxBuckets) return false;
  Table table{buckets, ZeroedBytes(buckets * bucket_size_)};
  if (!table.data) return false;
  tables_.push_back(std::move(table));
  return true;
}

bool CuckooFilter::Grow() {
  if (expansion_ == 0 || tables_.size() >= kMaxFilters) return false;
  uint64_t buckets = 0;
  if (__builtin_mul_overflow(tables_.back().buckets, uint64_t{expansion_}, &buckets)) return false;
  return MakeTable(buckets);
}

uint8_t* CuckooFilter::Bucket(Table& table, uint64_t index) const {
  return reinterpret_cast<uint8_t*>(table.data.data()) + index * bucket_size_;
}

const uint8_t* CuckooFilter::Bucket(const Table& table, uint64_t index) const {
  return reinterpret_cast<const uint8_t*>(table.data.data()) + index * bucket_size_;
}

uint8_t* CuckooFilter::EmptySlot(Table& table, const Place& place) const {
  for (const uint64_t index : {place.First(table.buckets), place.Second(table.buckets)}) {
    uint8_t* bucket = Bucket(table, index);
    uint8_t* end = bucket + bucket_size_;
    uint8_t* slot = std::find(bucket, end, uint8_t{0});
    if (slot != end) return slot;
  }
  return nullptr;
}

bool CuckooFilter::Displace(Table& table, const Place& place) {
  // What was put where, to be taken back when no place is found.
  std::vector<uint8_t*> path;
  uint8_t carried = place.fingerprint;
  uint64_t index = place.First(table.buckets);
  for (uint32_t i = 0; i < max_iterations_; ++i) {
    uint8_t* bucket = Bucket(table, index);
    uint8_t* end = bucket + bucket_size_;
    uint8_t* slot = std::find(bucket, end, uint8_t{0});
    if (slot != end) {
      *slot = carried;
      return true;
    }
    slot = bucket + victim_++ % bucket_size_;
    std::swap(*slot, carried);
    path.push_back(slot);
    index = Place::Other(index, carried, table.buckets);
  }
  for (size_t i = path.size(); i-- > 0;) std::swap(*path[i], carried);
  return false;
}

CuckooFilter::Added CuckooFilter::Add(std::string_view item) {
  const Place place(item);
  for (size_t i = tables_.size(); i-- > 0;) {
    if (uint8_t* slot = EmptySlot(tables_[i], place)) {
      *slot = place.fingerprint;
      ++items_;
      return Added::kAdded;
    }
  }
  if (!Displace(tables_.back(), place)) {
    if (!Grow()) return Added::kFull;
    *EmptySlot(tables_.back(), place) = place.fingerprint;
  }
  ++items_;
  return Added::kAdded;
}

CuckooFilter::Added CuckooFilter::AddIfAbsent(std::string_view item) {
  return Contains(item) ? Added::kPresent : Add(item);
}

uint64_t CuckooFilter::Count(std::string_view item) const {
  const Place place(item);
  uint64_t count = 0;
  for (const Table& table : tables_) {
    const uint64_t first = place.First(table.buckets);
    const uint64_t second = place.Second(table.buckets);
    const auto in = [&](uint64_t index) {
      const uint8_t* bucket = Bucket(table, index);
      return static_cast<uint64_t>(std::count(bucket, bucket + bucket_size_, place.fingerprint));
    };
    count += in(first) + (second == first ? 0 : in(second));
  }
  return count;
}

bool CuckooFilter::Delete(std::string_view item) {
  const Place place(item);
  for (size_t i = tables_.size(); i-- > 0;) {
    Table& table = tables_[i];
    for (const uint64_t index : {place.First(table.buckets), place.Second(table.buckets)}) {
      uint8_t* bucket = Bucket(table, index);
      uint8_t* end = bucket + bucket_size_;
      uint8_t* slot = std::find(bucket, end, place.fingerprint);
      if (slot == end) continue;
      *slot = 0;
      if (items_ > 0) --items_;  // a header that was loaded may have said less than is there
      ++deleted_;
      return true;
    }
  }
  return false;
}

uint64_t CuckooFilter::buckets() const {
  uint64_t sum = 0;
  for (const Table& table : tables_) sum += table.buckets;
  return sum;
}

size_t CuckooFilter::memory_bytes() const {
  size_t bytes = sizeof(*this) + tables_.capacity() * sizeof(Table);
  for (const Table& table : tables_) bytes += table.data.size();
  return bytes;
}

std::unique_ptr<CuckooFilter> CuckooFilter::CopyLater(std::vector<ZeroedBytes::Rest>& rest) const {
  std::unique_ptr<CuckooFilter> copy(new CuckooFilter());
  copy->items_ = items_;
  copy->deleted_ = deleted_;
  copy->bucket_size_ = bucket_size_;
  copy->max_iterations_ = max_iterations_;
  copy->expansion_ = expansion_;
  for (const Table& table : tables_) {
    copy->tables_.push_back({table.buckets, table.data.CopyLater(rest)});
    if (!copy->tables_.back().data) return nullptr;
  }
  return copy;
}

std::string CuckooFilter::Header() const {
  std::string header;
  SketchWriter writer(header);
  writer.Number<uint64_t>(items_);
  writer.Number<uint64_t>(deleted_);
  writer.Number<uint64_t>(tables_.front().buckets);
  writer.Number<uint32_t>(bucket_size_);
  writer.Number<uint32_t>(max_iterations_);
  writer.Number<uint32_t>(expansion_);
  writer.Number<uint32_t>(static_cast<uint32_t>(tables_.size()));
  return header;
}

std::unique_ptr<CuckooFilter> CuckooFilter::FromHeader(std::string_view header) {
  SketchReader reader(header);
  std::unique_ptr<CuckooFilter> filter(new CuckooFilter());
  filter->items_ = reader.Number<uint64_t>();
  filter->deleted_ = reader.Number<uint64_t>();
  const auto buckets = reader.Number<uint64_t>();
  filter->bucket_size_ = reader.Number<uint32_t>();
  filter->max_iterations_ = reader.Number<uint32_t>();
  filter->expansion_ = reader.Number<uint32_t>();
  const auto tables = reader.Number<uint32_t>();
  const bool one_expansion = filter->expansion_ == 0 || std::has_single_bit(filter->expansion_);
  if (!reader.AtEnd() || !std::has_single_bit(buckets) || filter->bucket_size_ == 0 ||
      filter->bucket_size_ > 255 || filter->max_iterations_ == 0 ||
      filter->max_iterations_ > 65535 || !one_expansion || filter->expansion_ > 65536 ||
      tables == 0 || tables > kMaxFilters || (tables > 1 && filter->expansion_ == 0)) {
    return nullptr;
  }
  if (!filter->MakeTable(buckets)) return nullptr;
  while (filter->tables_.size() < tables) {
    if (!filter->Grow()) return nullptr;
  }
  uint64_t slots = 0;
  for (const Table& table : filter->tables_) slots += table.data.size();
  return filter->items_ <= slots ? std::move(filter) : nullptr;
}

std::string CuckooFilter::Serialise() const {
  std::string bytes = Header();
  for (const Table& table : tables_) bytes.append(table.data.data(), table.data.size());
  return bytes;
}

std::unique_ptr<CuckooFilter> CuckooFilter::Parse(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return nullptr;
  SketchReader reader(bytes);
  reader.Bytes(16);
  const auto buckets = reader.Number<uint64_t>();
  const auto bucket_size = reader.Number<uint32_t>();
  reader.Number<uint32_t>();
  const auto expansion = reader.Number<uint32_t>();
  const auto tables = reader.Number<uint32_t>();
  if (tables > kMaxFilters) return nullptr;
  const std::string_view data = bytes.substr(kHeaderBytes);
  // The buckets must be there before memory is asked for them.
  __extension__ using Wide = unsigned __int128;
  Wide wanted = 0;
  Wide table_bytes = Wide{buckets} * bucket_size;
  for (uint32_t i = 0; i < tables && wanted <= data.size(); ++i, table_bytes *= expansion) {
    wanted += table_bytes;
  }
  if (wanted != data.size()) return nullptr;
  std::unique_ptr<CuckooFilter> filter = FromHeader(bytes.substr(0, kHeaderBytes));
  if (filter == nullptr) return nullptr;
  uint64_t offset = 0;
  for (const Table& table : filter->tables_) {
    filter->SetData(offset, data.substr(offset, table.data.size()));
    offset += table.data.size();
  }
  return filter;
}

std::string_view CuckooFilter::DataAt(uint64_t offset, size_t most) const {
  for (const Table& table : tables_) {
    const size_t size = table.data.size();
    if (offset < size) {
      return {table.data.data() + offset, std::min<size_t>(most, size - offset)};
    }
    offset -= size;
  }
  return {};
}

bool CuckooFilter::SetData(uint64_t offset, std::string_view data) {
  for (Table& table : tables_) {
    const size_t size = table.data.size();
    if (offset < size) {
      if (data.size() > size - offset) return false;
      if (!data.empty()) std::memcpy(table.data.data() + offset, data.data(), data.size());
      return true;
    }
    offset -= size;
  }
  return false;
}

}  // namespace gotthard
