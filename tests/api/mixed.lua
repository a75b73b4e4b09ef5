-- One connection a thread, so that an answer belongs to the request before it. Reads lines of
-- kind, method, path, statuses that may be, headers ("-" for none), separated by tabs.
local threads, asked = {}, {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  counts, strange, etags = {}, {}, {}
  for line in io.lines(args[1]) do
    local parts = {}
    for part in line:gmatch("[^\t]+") do table.insert(parts, part) end
    local allowed, headers = {}, {}
    for status in parts[4]:gmatch("%d+") do allowed[tonumber(status)] = true end
    for name, value in parts[5]:gmatch("([%w-]+)=([^;]+)") do headers[name] = value end
    table.insert(asked, {kind = parts[1], method = parts[2], path = parts[3], allowed = allowed,
                         headers = headers})
  end
  math.randomseed(100 + number)
end

function request()
  current = asked[math.random(#asked)]
  local headers = {}
  for name, value in pairs(current.headers) do headers[name] = value end
  if current.kind == "again" then headers["If-None-Match"] = etags[current.path] or '"none"' end
  return wrk.format(current.method, current.path, headers)
end

function response(status, headers, body)
  local key = current.kind .. " " .. status
  counts[key] = (counts[key] or 0) + 1
  if current.kind == "again" then
    for name, value in pairs(headers) do
      if name:lower() == "etag" then etags[current.path] = value end
    end
  end
  if not current.allowed[status] then
    local told = status .. " " .. current.kind .. " " .. current.path:sub(1, 90)
    strange[told] = (strange[told] or 0) + 1
  end
end

local function tell(word, names)
  local sums = {}
  for _, thread in ipairs(threads) do
    for key, count in pairs(thread:get(names)) do sums[key] = (sums[key] or 0) + count end
  end
  for key, count in pairs(sums) do print(word .. "\t" .. count .. "\t" .. key) end
end

function done(summary, latency, _)
  for name, count in pairs(summary.errors) do print("error\t" .. count .. "\t" .. name) end
  print("requests\t" .. summary.requests .. "\tall")
  for _, share in ipairs({50, 90, 99, 99.9}) do
    print("ms\t" .. latency:percentile(share) / 1000 .. "\tp" .. share)
  end
  print("ms\t" .. latency.max / 1000 .. "\tmax")
  tell("answered", "counts")
  tell("strange", "strange")
end
