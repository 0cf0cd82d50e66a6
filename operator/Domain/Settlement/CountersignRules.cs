using System.Globalization;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;

namespace Federation.Domain.Settlement;

/// <summary>What a tenant signs of its datacenter's receipts: what is countersigned is paid at once, and no dispute brings it back.</summary>
public static class CountersignRules
{
    /// <param name="last">What was signed last of this lease; null: nothing yet.</param>
    /// <param name="now">Unix seconds.</param>
    /// <returns>Why it is not signed, whatever was used; null when nothing speaks against it so far.</returns>
    public static string? FaultOf(Receipt receipt, Receipt? last, long now)
    {
        if (receipt.Through > now) return $"It claims to have measured until {Time(receipt.Through)}, and it is {Time(now)}.";
        // Countersigned, it would end the lease at once, whatever notice was agreed, and cost its datacenter no penalty for that.
        if (receipt.IsFinal) return "It is the lease's last receipt, which needs no signature: the lease ends by it at its time.";
        if (receipt.EvidenceRoot == Receipt.NoEvidence) return "It names no evidence.";
        if (last is null) return null;
        if (receipt.Seq < last.Seq) return $"Its number is {receipt.Seq}, and {last.Seq} was signed before.";
        if (receipt.Through < last.Through) return $"It ends at {Time(receipt.Through)}, and what was signed before at {Time(last.Through)}.";
        if (receipt.DownSeconds < last.DownSeconds) return $"It credits {receipt.DownSeconds} s of downtime, and what was signed before {last.DownSeconds} s.";
        return receipt.Usage.Covers(last.Usage) ? null : "A meter in it is below what was signed before: meters only rise.";
    }

    /// <param name="measured">What the evidence comes to, folded anew.</param>
    /// <returns>Where the receipt says something else; null when it does not.</returns>
    public static string? DifferenceOf(Receipt receipt, UsagePosition measured)
    {
        foreach (var ((name, claimed), (_, given)) in Meters(receipt.Usage).Zip(Meters(measured.ToVector())))
            if (claimed != given) return $"It claims {claimed} {name}, and its evidence gives {given}.";
        return receipt.Through <= measured.ThroughMs / 1000 ? null : $"It ends at {Time(receipt.Through)}, and its evidence at {Time(measured.ThroughMs / 1000)}.";
    }

    /// <param name="own">What the tenant itself read until the same time, by meter; cumulative.</param>
    /// <param name="trusted">Meters that the tenant does not read, and takes the evidence's word for.</param>
    /// <param name="tolerance">0.02: two parts of a hundred more than was read are signed.</param>
    /// <returns>Which meters claim more, and by how much; null when none does.</returns>
    public static string? ExcessOf(Receipt receipt, IReadOnlyDictionary<string, double> own, IReadOnlyCollection<string> trusted, double tolerance)
    {
        var faults = new List<string>();
        foreach (var (name, claimed) in Meters(receipt.Usage))
        {
            if (claimed == 0 || (trusted.Contains(name) && !own.ContainsKey(name))) continue;
            if (!own.TryGetValue(name, out var read)) faults.Add($"{claimed} {name} are claimed, which is not read here: read it, or name it among those that the evidence is trusted for.");
            // Also where what was read is no number.
            else if (!(claimed <= read * (1 + tolerance))) faults.Add($"{claimed} {name} are claimed, {read.ToString("0.###", CultureInfo.InvariantCulture)} were read here; {tolerance:P1} more would be signed.");
        }

        return faults.Count == 0 ? null : string.Join(' ', faults);
    }

    /// <summary>The name that what a receipt credits for downtime has beside the meters.</summary>
    public const string Down = "downSeconds";

    /// <param name="own">What the tenant itself read until the same time; without <see cref="Down"/> nothing is compared.</param>
    /// <param name="tolerance">0.02: two parts of a hundred less than was read are signed.</param>
    /// <param name="grace">And so many seconds less: a cluster learns later than a tenant that a node is lost.</param>
    /// <returns>How much downtime it leaves out; null when it credits enough.</returns>
    public static string? ShortfallOf(Receipt receipt, IReadOnlyDictionary<string, double> own, double tolerance, TimeSpan grace)
    {
        if (!own.TryGetValue(Down, out var read)) return null;
        var least = (read * (1 - tolerance)) - grace.TotalSeconds;
        // Also where what was read is no number.
        return receipt.DownSeconds >= least ? null : $"{receipt.DownSeconds} {Down} are credited, {read.ToString("0.###", CultureInfo.InvariantCulture)} were read here; {Math.Max(0, least).ToString("0.###", CultureInfo.InvariantCulture)} would be signed.";
    }

    /// <summary>The meters by the names that receipts have on the wire.</summary>
    public static IReadOnlyList<(string Name, ulong Value)> Meters(UsageVector usage) =>
    [
        ("cpuMilliSeconds", usage.CpuMilliSeconds), ("memoryMiBSeconds", usage.MemoryMiBSeconds), ("storageMiBSeconds", usage.StorageMiBSeconds),
        ("egressKiB", usage.EgressKiB), ("gpuMilliSecondsA", usage.GpuMilliSecondsA), ("gpuMilliSecondsB", usage.GpuMilliSecondsB),
    ];

    private static string Time(long seconds) =>
        seconds is >= 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("u", CultureInfo.InvariantCulture) : $"{seconds} s";
}
