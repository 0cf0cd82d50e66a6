namespace Federation.Cluster.Entities;

/// <summary>Forms of texts in the schemas.</summary>
internal static class Patterns
{
    public const string Address = "^0x[0-9a-fA-F]{40}$";

    /// <summary>32 bytes.</summary>
    public const string Hash = "^0x[0-9a-f]{64}$";

    /// <summary>A uint256 in decimal; larger than JSON's numbers.</summary>
    public const string Amount = "^(0|[1-9][0-9]{0,77})$";

    /// <summary>A bit map of 256 bits in hex.</summary>
    public const string Bits = "^0x[0-9a-f]{1,64}$";

    /// <summary>resource/product/MiB, and whatever else tells devices apart.</summary>
    public const string GpuClass = "^[A-Za-z0-9.-]+/[A-Za-z0-9._-]+/[A-Za-z0-9._+-]+/[0-9]+(/[A-Za-z0-9._+-]+)*$";

    /// <summary>Name of an object in a namespace.</summary>
    public const string Object = "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$";

    public const string Name = "^[a-z]([a-z0-9-]*[a-z0-9])?$";
}
