using System.Globalization;

namespace Federation.Cluster.Manifests;

/// <summary>Quantities in the form that the API server stores, so that what was written compares equal with what is read.</summary>
internal static class Amount
{
    private static readonly string[] Units = ["Mi", "Gi", "Ti", "Pi"];

    public static string Cpu(ulong milli) => milli % 1000 == 0
        ? (milli / 1000).ToString(CultureInfo.InvariantCulture)
        : milli.ToString(CultureInfo.InvariantCulture) + "m";

    public static string MiB(ulong mib)
    {
        if (mib == 0) return "0";
        var unit = 0;
        for (; mib % 1024 == 0 && unit < Units.Length - 1; unit++) mib /= 1024;
        return mib.ToString(CultureInfo.InvariantCulture) + Units[unit];
    }

    public static string Count(ulong count) => count.ToString(CultureInfo.InvariantCulture);
}
