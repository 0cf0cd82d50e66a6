using System.Text.Json.Serialization;

namespace Federation.Ethereum.Transactions;

/// <summary>An EIP-2930 entry: an address and storage slots that the transaction pays to warm up front.</summary>
public sealed record AccessListItem(
    [property: JsonPropertyName("address")] Address Address,
    [property: JsonPropertyName("storageKeys")] IReadOnlyList<Bytes32> StorageKeys)
{
    /// <inheritdoc/>
    public bool Equals(AccessListItem? other) =>
        other is not null && Address == other.Address && StorageKeys.SequenceEqual(other.StorageKeys);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, StorageKeys.Count);
}
