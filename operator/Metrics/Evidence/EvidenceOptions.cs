namespace Federation.Metrics.Evidence;

/// <summary>Where the evidence of metering is kept.</summary>
public sealed class EvidenceOptions
{
    /// <summary>A folder on a volume of its own that outlives the pod; all replicas see the same one. Empty: nothing is kept, and the Datacenter says so.</summary>
    public string Folder { get; set; } = "";

    /// <summary>With less than this free on that volume no new leases are taken: what is left is for those that run.</summary>
    public long MinFreeMiB { get; set; } = 256;

    /// <summary>For so long a window stays open when its evidence cannot be written; much less than Prometheus keeps samples.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromHours(6);

    /// <summary>A folder of the node's own, which outlives the process and not the node: after that patience, what cannot be written to Folder waits there. Empty: it waits in memory, and is lost with the process.</summary>
    public string Reserve { get; set; } = "";

    public IEnumerable<string> Faults()
    {
        if (MinFreeMiB < 1) yield return "Evidence:MinFreeMiB must be at least 1.";
        if (Patience < TimeSpan.Zero) yield return "Evidence:Patience must not be negative.";
        if (Folder.Length > 0 && Problem(Folder) is { } problem) yield return $"Evidence:Folder '{Folder}' cannot be written: {problem} Mount a volume there that this process may write, or leave it empty.";
        if (Reserve.Length == 0) yield break;
        if (Folder.Length == 0) yield return "Evidence:Reserve is for what cannot be written to Evidence:Folder, which is empty.";
        else if (Whole(Reserve) == Whole(Folder)) yield return "Evidence:Reserve is Evidence:Folder: when the one cannot be written, the other could not be.";
        else if (Problem(Reserve) is { } fault) yield return $"Evidence:Reserve '{Reserve}' cannot be written: {fault} Mount a folder of the node's there, or leave it empty.";
    }

    private static string Whole(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    private static string? Problem(string folder)
    {
        var probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
