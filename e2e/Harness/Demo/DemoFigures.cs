using System.Globalization;
using System.Text.Json;
using Federation.Harness.Machine;

namespace Federation.Harness.Demo;

/// <summary>What the demo's parts cost: time to a running pod, memory of the operators, API writes per lease.</summary>
internal static class DemoFigures
{
    public static IEnumerable<(string Name, double Value)> Of(LocalFederation federation, IReadOnlyList<DemoLease> leases)
    {
        yield return ("confirmedToRunningMedianSeconds", Median(leases, l => l.StartSeconds));
        yield return ("confirmedAndDeliveredToRunningMedianSeconds", Median(leases, l => l.OwnStartSeconds));
        foreach (var lease in leases)
        {
            yield return ($"{lease.Story.Name}ConfirmedToDeliveredSeconds", Math.Round((lease.DeliveredAt - lease.ConfirmedAt).TotalSeconds, 2));
            yield return ($"{lease.Story.Name}ConfirmedToRunningSeconds", Math.Round(lease.StartSeconds ?? double.NaN, 2));
        }

        foreach (var datacenter in federation.Datacenters)
            yield return ($"{datacenter.Name}OperatorsResidentMiB", Math.Round(OperatorsOf(federation, datacenter).Sum(ResidentKiB) / 1024.0));
        foreach (var lease in leases)
            yield return ($"{lease.Story.Name}OperatorWritesUntilRunning", WritesOf(lease).TakeWhile(at => at <= lease.RunningSince).Count());
    }

    /// <summary>Times of the operator's completed writes for the lease, by the API server's own audit log.</summary>
    internal static IEnumerable<DateTimeOffset> WritesOf(DemoLease lease) =>
        AuditOf(lease, lease.Datacenter.Account).Select(e => TimeOf(e, "requestReceivedTimestamp"));

    /// <summary>When the API server had taken the tenant's manifest for the first time, by its audit log; null when it has none.</summary>
    internal static DateTimeOffset? FirstDeliveryOf(DemoLease lease, string user) => AuditOf(lease, user)
        .Where(e => e.GetProperty("objectRef").GetProperty("resource").GetString() == "computeleases" && e.GetProperty("responseStatus").GetProperty("code").GetInt32() == 200)
        .Select(e => (DateTimeOffset?)TimeOf(e, "stageTimestamp"))
        .FirstOrDefault();

    // One process of the machine, or those in the pods of the datacenter's node.
    private static IEnumerable<int> OperatorsOf(LocalFederation federation, Datacenter datacenter) => Parts.ProcessId(federation, $"{datacenter.Name}/operator") is { } id
        ? [id]
        : Cgroups.ProcessIds(datacenter.CgroupRoot).Where(process => Of(process, "cmdline").Split('\0')[0].EndsWith("/federation-operator", StringComparison.Ordinal));

    private static IEnumerable<JsonElement> AuditOf(DemoLease lease, string user)
    {
        var path = lease.Datacenter.Site.Parts.AuditLogPath;
        if (!File.Exists(path)) yield break;
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            if (!line.Contains(lease.Id.Namespace, StringComparison.Ordinal) || !line.Contains(user, StringComparison.Ordinal)) continue;
            if (Parse(line) is { } entry && entry.GetProperty("user").GetProperty("username").GetString() == user) yield return entry;
        }
    }

    // The last line may still be on its way into the file.
    private static JsonElement? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static DateTimeOffset TimeOf(JsonElement entry, string stage) =>
        DateTimeOffset.Parse(entry.GetProperty(stage).GetString()!, CultureInfo.InvariantCulture);

    private static double Median(IReadOnlyList<DemoLease> leases, Func<DemoLease, double?> of)
    {
        var sorted = leases.Select(l => of(l) ?? double.NaN).Order().ToArray();
        return Math.Round((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, 2);
    }

    private static long ResidentKiB(int process) => Of(process, "status").Split('\n').FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)) is { } line
        ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
        : 0;

    // What the kernel says of a process: nothing when it has just ended.
    private static string Of(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
