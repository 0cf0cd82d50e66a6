using Federation.Application.Settings;

namespace Federation.Metrics.Spool;

/// <summary>One node's spool: what it reads, and how much of it is kept.</summary>
public sealed class SpoolOptions
{
    /// <summary>Folder on the node's own disk that samples are kept in.</summary>
    public string Folder { get; set; } = "";

    /// <summary>File with the bearer token that readers have to show; read for every query, because tokens rotate.</summary>
    [Followed]
    public string BearerTokenFile { get; set; } = "";

    /// <summary>Where the node's cgroups are mounted, of either version.</summary>
    public string Cgroups { get; set; } = "/sys/fs/cgroup";

    /// <summary>cgroup path that the kubelet runs below (<c>--cgroup-root</c>, nested clusters). Empty on ordinary nodes.</summary>
    public string CgroupRoot { get; set; } = "";

    /// <summary>The kubelet's folder of pods' logs: it names each pod's namespace.</summary>
    public string PodLogs { get; set; } = "/var/log/pods";

    /// <summary>Between two looks: what a pod uses after the last one in its life is not known.</summary>
    public TimeSpan Every { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two samples of a pod that are kept. Its first and its last look are kept besides.</summary>
    public TimeSpan Step { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Samples are kept for so long: the longest outage of the store that they cover.</summary>
    public TimeSpan Keep { get; set; } = TimeSpan.FromHours(6);

    /// <summary>And no more than this, the oldest going first.</summary>
    public int MaxMiB { get; set; } = 512;

    /// <summary>All that is wrong, for people; empty when nothing is.</summary>
    public IEnumerable<string> Faults()
    {
        if (Folder.Length == 0) yield return "Spool:Folder is missing: a folder on the node's disk.";
        else if (File.Exists(Folder)) yield return $"Spool:Folder: {Folder} is a file: name a folder on the node's disk.";
        if (BearerTokenFile.Length == 0) yield return "Spool:BearerTokenFile is missing: samples of all tenants are shown to nobody without a token.";
        else if (!File.Exists(BearerTokenFile)) yield return $"Spool:BearerTokenFile: there is no file {BearerTokenFile}.";
        if (NodeCgroups.Find(Cgroups) is null) yield return $"Spool:Cgroups: {Cgroups} has cgroups of neither version: mount the node's /sys/fs/cgroup there.";
        if (CgroupRoot.Length > 0 && (CgroupRoot[0] != '/' || CgroupRoot[^1] == '/')) yield return "Spool:CgroupRoot must start with / and not end with it.";
        if (CgroupRoot.Any(char.IsWhiteSpace)) yield return "Spool:CgroupRoot must have no blanks.";
        if (Every < TimeSpan.FromMilliseconds(50) || Every > TimeSpan.FromSeconds(10)) yield return "Spool:Every must be from 50 ms to 10 s.";
        if (Step < Every || Step > TimeSpan.FromMinutes(1)) yield return "Spool:Step must be from Spool:Every to a minute.";
        if (Keep < TimeSpan.FromMinutes(1) || Keep > TimeSpan.FromDays(7)) yield return "Spool:Keep must be from a minute to 7 days.";
        if (MaxMiB < 1) yield return "Spool:MaxMiB must be at least 1.";
    }
}
