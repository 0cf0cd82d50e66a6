using System.Text;
using Federation.Ethereum.Abi;

namespace Federation.Ethereum.TypedData;

/// <summary>A set of struct types and the hashing of values by them.</summary>
internal sealed class Eip712Types
{
    private readonly IReadOnlyDictionary<string, IReadOnlyList<Eip712Field>> types;
    private readonly Dictionary<string, AbiType> elementary = [];
    private readonly Dictionary<string, Bytes32> typeHashes = [];

    public Eip712Types(IReadOnlyDictionary<string, IReadOnlyList<Eip712Field>> types)
    {
        this.types = types;
        foreach (var (name, fields) in types)
        {
            RequireIdentifier(name);
            if (fields.DistinctBy(f => f.Name).Count() != fields.Count)
                throw new AbiException($"type {name} names a member twice");
            foreach (var field in fields)
            {
                RequireIdentifier(field.Name);
                var bare = ElementOf(field.Type);
                if (!types.ContainsKey(bare) && !elementary.ContainsKey(bare))
                    elementary[bare] = AbiTypeParser.Elementary(bare);
            }
        }
    }

    public bool IsStruct(string type) => types.ContainsKey(type);

    public IReadOnlyList<Eip712Field> Fields(string type) => types[type];

    public AbiType Elementary(string type) => elementary[type];

    /// <summary>Splits the last array suffix off; null if there is none. A length of -1 means any.</summary>
    public static (string Element, int Length)? SplitArray(string type)
    {
        if (!type.EndsWith(']'))
            return null;
        var open = type.LastIndexOf('[');
        if (open <= 0)
            throw new AbiException($"'{type}' is no type");
        var digits = type[(open + 1)..^1];
        if (digits.Length == 0)
            return (type[..open], -1);
        return int.TryParse(digits, System.Globalization.NumberStyles.None, null, out var length) && length > 0
            ? (type[..open], length)
            : throw new AbiException($"'{type}' is no type");
    }

    public string EncodeType(string primary)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        Reach(primary, found);
        found.Remove(primary);
        var text = new StringBuilder();
        foreach (var name in found.Prepend(primary))
            text.Append(name).Append('(').AppendJoin(',', types[name].Select(f => $"{f.Type} {f.Name}")).Append(')');
        return text.ToString();
    }

    public Bytes32 HashStruct(string type, object? value)
    {
        if (value is not IReadOnlyDictionary<string, object?> members)
            throw new AbiException($"{type} takes named members");
        if (!typeHashes.TryGetValue(type, out var typeHash))
            typeHashes[type] = typeHash = Keccak256.Hash(EncodeType(type));
        var fields = types[type];
        var buffer = new byte[32 + (32 * fields.Count)];
        typeHash.Span.CopyTo(buffer);
        for (var i = 0; i < fields.Count; i++)
        {
            if (members.GetValueOrDefault(fields[i].Name) is not { } member)
                throw new AbiException($"{type}.{fields[i].Name} is missing");
            Word(fields[i].Type, member).Span.CopyTo(buffer.AsSpan(32 + (32 * i)));
        }
        return Keccak256.Hash(buffer);
    }

    private Bytes32 Word(string type, object value)
    {
        if (SplitArray(type) is var (element, length))
        {
            var items = AbiEncoder.Items(AnyArray, value);
            if (length >= 0 && items.Count != length)
                throw new AbiException($"{type} takes {length} elements, not {items.Count}");
            var words = new byte[32 * items.Count];
            for (var i = 0; i < items.Count; i++)
                Word(element, items[i]).Span.CopyTo(words.AsSpan(32 * i));
            return Keccak256.Hash(words);
        }
        return IsStruct(type) ? HashStruct(type, value) : AbiTopic.Encode(elementary[type], value);
    }

    private void Reach(string type, SortedSet<string> found)
    {
        if (!found.Add(type))
            return;
        foreach (var field in types[type])
        {
            var bare = ElementOf(field.Type);
            if (IsStruct(bare))
                Reach(bare, found);
        }
    }

    private static readonly AbiType AnyArray = AbiType.Parse("bytes32[]");

    private static string ElementOf(string type)
    {
        while (SplitArray(type) is var (element, _))
            type = element;
        return type;
    }

    private static void RequireIdentifier(string name)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$'))
            throw new AbiException($"'{name}' is no identifier");
    }
}
