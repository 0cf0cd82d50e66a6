namespace Federation.Ethereum.Abi;

/// <summary>The ten shapes of Solidity's contract ABI.</summary>
public enum AbiKind
{
    UInt,
    Int,
    Address,
    Bool,
    FixedBytes,
    Bytes,
    String,
    Array,
    FixedArray,
    Tuple,
}

/// <summary>One named member of a function, event, error or struct.</summary>
/// <param name="Name">May be empty: Solidity does not demand names.</param>
/// <param name="Type">Its type.</param>
/// <param name="Indexed">For events: the value is a topic.</param>
public sealed record AbiParameter(string Name, AbiType Type, bool Indexed = false);

/// <summary>A type of the contract ABI, as a tree. Source: Solidity documentation, "Contract ABI Specification".</summary>
public sealed class AbiType
{
    /// <summary>Static parts larger than this are refused: a type is a promise of memory.</summary>
    private const long MaxHeadSize = 1 << 20;

    private AbiType(AbiKind kind, string canonical, long headSize, bool isDynamic)
    {
        if (headSize > MaxHeadSize)
            throw new AbiException($"type {canonical} has a static part of more than {MaxHeadSize} bytes");
        (Kind, Canonical, HeadSize, IsDynamic) = (kind, canonical, (int)headSize, isDynamic);
    }

    /// <summary>Which of the shapes this is.</summary>
    public AbiKind Kind { get; }

    /// <summary>The name used in signatures: no member names, tuples as parentheses.</summary>
    public string Canonical { get; }

    /// <summary>Bytes taken in the head of the enclosing sequence; 32 (the offset) for dynamic types.</summary>
    public int HeadSize { get; }

    /// <summary>True if the value stands in the tail and the head only points to it.</summary>
    public bool IsDynamic { get; }

    /// <summary>Bits of an integer, bytes of bytesN, elements of T[k]; otherwise 0.</summary>
    public int Size { get; private init; }

    /// <summary>Element type of arrays.</summary>
    public AbiType? Element { get; private init; }

    /// <summary>Members of a tuple; otherwise empty.</summary>
    public IReadOnlyList<AbiParameter> Components { get; private init; } = [];

    /// <summary>The Solidity struct behind a tuple, where known; EIP-712 needs it.</summary>
    public string? StructName { get; private init; }

    /// <summary>Reads a type such as <c>uint256</c>, <c>(address,bytes)[]</c> or <c>Offer(address provider,uint64 expiry)</c>.</summary>
    /// <exception cref="AbiException">Text that names no ABI type.</exception>
    public static AbiType Parse(string text) => AbiTypeParser.ParseType(text);

    internal static AbiType Integer(bool signed, int bits)
    {
        if (bits is < 8 or > 256 || bits % 8 != 0)
            throw new AbiException($"integers have 8 to 256 bits in steps of 8, not {bits}");
        return new AbiType(signed ? AbiKind.Int : AbiKind.UInt, (signed ? "int" : "uint") + bits, 32, false) { Size = bits };
    }

    internal static AbiType FixedBytes(int size, string? canonical = null)
    {
        if (size is < 1 or > 32)
            throw new AbiException($"bytesN has 1 to 32 bytes, not {size}");
        return new AbiType(AbiKind.FixedBytes, canonical ?? "bytes" + size, 32, false) { Size = size };
    }

    internal static AbiType Simple(AbiKind kind) =>
        new(kind, kind.ToString().ToLowerInvariant(), 32, kind is AbiKind.Bytes or AbiKind.String);

    internal static AbiType ArrayOf(AbiType element) =>
        new(AbiKind.Array, element.Canonical + "[]", 32, true) { Element = element };

    internal static AbiType FixedArrayOf(AbiType element, int count)
    {
        if (count < 1)
            throw new AbiException("a fixed array has at least one element");
        // The head of a dynamic T[k] is one offset, yet its own sequence has k heads: bound that too.
        var body = (long)element.HeadSize * count;
        if (body > MaxHeadSize)
            throw new AbiException($"type {element.Canonical}[{count}] has a static part of more than {MaxHeadSize} bytes");
        return new AbiType(AbiKind.FixedArray, $"{element.Canonical}[{count}]", element.IsDynamic ? 32 : body, element.IsDynamic)
        {
            Element = element,
            Size = count,
        };
    }

    internal static AbiType TupleOf(IReadOnlyList<AbiParameter> components, string? structName)
    {
        if (components.Count == 0)
            throw new AbiException("a tuple needs a member");
        var dynamic = components.Any(c => c.Type.IsDynamic);
        var size = dynamic ? 32 : components.Sum(c => (long)c.Type.HeadSize);
        var canonical = "(" + string.Join(',', components.Select(c => c.Type.Canonical)) + ")";
        return new AbiType(AbiKind.Tuple, canonical, size, dynamic) { Components = components, StructName = structName };
    }

    /// <summary>The canonical name.</summary>
    public override string ToString() => Canonical;
}
