using System.Globalization;
using System.Text.Json;
using Federation.Harness;
using Federation.Harness.Demo;

namespace Federation.Benchmarks.Leases;

/// <summary>What an operator costs its machine and its API server.</summary>
internal static class OperatorProcess
{
    // USER_HZ, which is 100 on every Linux that .NET runs on. Source: proc(5).
    private const double TicksPerSecond = 100;

    public static double CpuSeconds(int process)
    {
        // The second field is the program's name in parentheses, which may hold spaces.
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ');
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    public static double ResidentMiB(int process) =>
        Number(File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;

    /// <summary>What the operator wrote since then, as <c>verb resource</c>, by the API server's audit log. The renewals of its leadership are left out.</summary>
    public static IReadOnlyList<string> WritesSince(Datacenter datacenter, DateTimeOffset since)
    {
        using var reader = new StreamReader(new FileStream(datacenter.Parts.AuditLogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var writes = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            if (!line.Contains(DemoDatacenter.OperatorUser, StringComparison.Ordinal) || !line.EndsWith('}')) continue;
            var entry = JsonSerializer.Deserialize<JsonElement>(line);
            if (entry.GetProperty("user").GetProperty("username").GetString() != DemoDatacenter.OperatorUser) continue;
            if (entry.GetProperty("requestReceivedTimestamp").GetDateTimeOffset() < since) continue;
            // A request that is of no object is a write as well: its path says what it was.
            var resource = entry.TryGetProperty("objectRef", out var target) && target.TryGetProperty("resource", out var kind) ? kind.GetString() : entry.GetProperty("requestURI").GetString();
            if (resource != "leases") writes.Add($"{entry.GetProperty("verb").GetString()} {resource}");
        }

        return writes;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
