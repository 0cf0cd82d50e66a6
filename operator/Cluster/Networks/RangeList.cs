using System.Net;
using System.Net.Sockets;

namespace Federation.Cluster.Networks;

/// <summary>Ranges of addresses as few as may be, for rules that may only be so long.</summary>
internal static class RangeList
{
    /// <summary>One address.</summary>
    public static IPNetwork Of(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return new IPNetwork(plain, Bits(plain));
    }

    /// <summary>All of the other is in the range.</summary>
    public static bool Covers(this IPNetwork range, IPNetwork other) => range.PrefixLength <= other.PrefixLength && range.Contains(other.BaseAddress);

    /// <summary>
    /// The ranges without those that lie in others, in a steady order. Are there more than so many of one version, all of them are
    /// widened alike, no more than it takes: what was named stays in, and something beside it comes in.
    /// </summary>
    public static IReadOnlyList<IPNetwork> Fit(IEnumerable<IPNetwork> ranges, int mostOfVersion) =>
    [
        .. ranges.GroupBy(r => r.BaseAddress.AddressFamily).OrderBy(g => g.Key).SelectMany(version =>
        {
            var given = version.ToArray();
            for (var longest = Bits(given[0].BaseAddress); ; longest--)
                if (Distinct(given.Select(r => Widen(r, longest))) is var fit && fit.Length <= mostOfVersion) return fit;
        }),
    ];

    private static IPNetwork[] Distinct(IEnumerable<IPNetwork> ranges)
    {
        var kept = new List<IPNetwork>();
        // Whatever covers another comes before it, and right before it where nothing else covers it too.
        foreach (var range in ranges.OrderBy(r => Convert.ToHexString(r.BaseAddress.GetAddressBytes()), StringComparer.Ordinal).ThenBy(r => r.PrefixLength))
            if (kept.Count == 0 || !kept[^1].Covers(range)) kept.Add(range);
        return [.. kept];
    }

    private static IPNetwork Widen(IPNetwork range, int longest)
    {
        if (range.PrefixLength <= longest) return range;
        var bytes = range.BaseAddress.GetAddressBytes();
        for (var bit = longest; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), longest);
    }

    private static int Bits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
}
