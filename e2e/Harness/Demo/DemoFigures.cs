using System.Globalization;
using System.Text.Json;

namespace Federation.Harness.Demo;

/// <summary>What the demo's parts cost: memory of the operators and of everything, API writes per lease.</summary>
internal static class DemoFigures
{
    public static IEnumerable<(string Name, double Value)> Of(LocalFederation federation, IReadOnlyList<DemoLease> leases)
    {
        foreach (var datacenter in federation.Datacenters)
            if (Parts.ProcessId(federation, $"{datacenter.Name}/operator") is { } id)
                yield return ($"{datacenter.Name}OperatorResidentMiB", Math.Round(ResidentKiB(id) / 1024.0));
        foreach (var lease in leases)
            yield return ($"{lease.Story.Name}OperatorWritesUntilRunning", WritesOf(lease).TakeWhile(at => at <= lease.RunningSince).Count());
    }

    /// <summary>Times of the operator's completed writes for the lease, by the API server's own audit log.</summary>
    internal static IEnumerable<DateTimeOffset> WritesOf(DemoLease lease)
    {
        var path = lease.Datacenter.Site.Parts.AuditLogPath;
        if (!File.Exists(path)) yield break;
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            if (!line.Contains(lease.Id.Namespace, StringComparison.Ordinal) || !line.Contains(DemoDatacenter.OperatorUser, StringComparison.Ordinal)) continue;
            using var entry = JsonDocument.Parse(line);
            if (entry.RootElement.GetProperty("user").GetProperty("username").GetString() != DemoDatacenter.OperatorUser) continue;
            yield return DateTimeOffset.Parse(entry.RootElement.GetProperty("requestReceivedTimestamp").GetString()!, CultureInfo.InvariantCulture);
        }
    }

    private static long ResidentKiB(int process) => long.Parse(
        File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
