#include "commands/lolwut.h"

#include <algorithm>
#include <vector>

namespace gotthard {
namespace {

constexpr int kRows = 14;   // of the sky and the mountain, above the rails
constexpr int kPortal = 7;  // columns of the portal

// Heights by midpoint displacement: rough, but never jumping by more than the slope allows.
void Displace(std::vector<int>& heights, int from, int to, Random& random) {
  if (to - from < 2) return;
  const int middle = (from + to) / 2;
  const int spread = std::max(1, (to - from) / 6);
  const int shift = static_cast<int>(random.Below(2 * static_cast<uint64_t>(spread) + 1)) - spread;
  const int height = (heights[from] + heights[to]) / 2 + shift;
  heights[middle] = std::clamp(height, 2, kRows - 1);
  Displace(heights, from, middle, random);
  Displace(heights, middle, to, random);
}

std::vector<int> Range(int columns, Random& random) {
  std::vector<int> heights(static_cast<size_t>(columns), 2);
  const int foot = columns / 3;  // the plain where the train comes from
  const int summit = foot + (columns - foot) / 2;
  heights[static_cast<size_t>(summit)] = kRows - 2;
  heights[static_cast<size_t>(columns - 1)] = 4 + static_cast<int>(random.Below(4));
  heights[static_cast<size_t>(foot)] = 5;
  Displace(heights, foot, summit, random);
  Displace(heights, summit, columns - 1, random);
  std::fill(heights.begin(), heights.begin() + foot, 0);
  return heights;
}

char Rock(int row, int height, int left, int right, Random& random) {
  if (left < row) return '/';
  if (right < row) return '\\';
  if (row == height) return '^';
  if (row >= kRows - 4) return random.Below(4) == 0 ? '*' : ' ';  // snow
  return random.Below(7) == 0 ? '.' : ' ';
}

void DrawPortal(std::vector<std::string>& rows, int at) {
  static constexpr const char* kShape[] = {" _____ ", "/#####\\", "|#####|", "|#####|"};
  for (int i = 0; i < 4; ++i) {
    rows[kRows - 4 + static_cast<size_t>(i)].replace(static_cast<size_t>(at), kPortal, kShape[i]);
  }
}

void DrawTrain(std::vector<std::string>& rows, int end) {
  std::string top;
  std::string body;
  constexpr int kEngine = 4;
  constexpr int kWagon = 7;
  for (int wagons = (end - kEngine - 1) / kWagon; wagons > 0; --wagons) {
    top += " _____ ";
    body += "[o_o_o]";
  }
  top += "__ ";
  body += "_ \\>";
  const auto begin = static_cast<size_t>(end) - body.size();
  rows[kRows - 2].replace(begin, top.size(), top);
  rows[kRows - 1].replace(begin, body.size(), body);
}

}  // namespace

std::string LolwutPicture(Random& random, int columns) {
  columns = std::clamp(columns, kLolwutMinColumns, kLolwutMaxColumns);
  const std::vector<int> heights = Range(columns, random);
  std::vector<std::string> rows(kRows, std::string(static_cast<size_t>(columns), ' '));
  for (int y = 0; y < kRows; ++y) {
    const int height_here = kRows - 1 - y;
    for (int x = 0; x < columns; ++x) {
      const int height = heights[static_cast<size_t>(x)];
      char& cell = rows[static_cast<size_t>(y)][static_cast<size_t>(x)];
      if (height_here > height || height == 0) {
        if (y < kRows - 5 && random.Below(40) == 0) cell = random.Below(3) == 0 ? '+' : '.';
        continue;
      }
      const int left = x > 0 ? heights[static_cast<size_t>(x) - 1] : 0;
      const int right = x + 1 < columns ? heights[static_cast<size_t>(x) + 1] : 0;
      cell = Rock(height_here, height, left, right, random);
    }
  }
  const int foot = columns / 3;
  DrawPortal(rows, foot);
  DrawTrain(rows, foot);
  std::string picture;
  for (std::string& row : rows) {
    row.erase(row.find_last_not_of(' ') + 1);
    picture += row + "\n";
  }
  return picture + std::string(static_cast<size_t>(columns), '=') + "\n";
}

}  // namespace gotthard
