namespace Federation.Cluster.Entities;

/// <summary>Forms of texts in the schemas.</summary>
internal static class Patterns
{
    public const string Address = "^0x[0-9a-fA-F]{40}$";

    /// <summary>32 bytes.</summary>
    public const string Hash = "^0x[0-9a-f]{64}$";

    /// <summary>A uint256 in decimal; larger than JSON's numbers.</summary>
    public const string Amount = "^(0|[1-9][0-9]{0,77})$";

    public const string Name = "^[a-z]([a-z0-9-]*[a-z0-9])?$";
}
