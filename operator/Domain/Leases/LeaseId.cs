namespace Federation.Domain.Leases;

/// <summary>The identity of a lease: keccak256(requestHash, fillIndex), 32 bytes. It does not depend on the block, so a reorg keeps it.</summary>
public readonly record struct LeaseId
{
    private LeaseId(string hex) => Hex = hex;

    /// <summary>Lower-case hex with the 0x prefix, 66 characters.</summary>
    public string Hex { get; }

    /// <summary>Namespace that holds everything of the lease: <c>lease-</c> and the first 16 hex digits.</summary>
    public string Namespace => string.Concat("lease-", Hex.AsSpan(2, 16));

    /// <exception cref="FormatException">Not 0x and 64 hex digits.</exception>
    public static LeaseId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new FormatException($"'{text}' is no lease id: expected 0x and 64 hex digits.");

    public static bool TryParse(string? text, out LeaseId id)
    {
        id = default;
        if (text is not { Length: 66 } || !text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) return false;
        foreach (var c in text.AsSpan(2))
            if (!char.IsAsciiHexDigit(c)) return false;
        id = new LeaseId(text.ToLowerInvariant());
        return true;
    }

    // It is a hash as it stands, and a key almost everywhere: its end tells one from another as well as all of it does.
    public override int GetHashCode() => Hex is null ? 0 : string.GetHashCode(Hex.AsSpan(Hex.Length - 8), StringComparison.Ordinal);

    public override string ToString() => Hex;
}
