using System.Text.Json;
using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Bindings;

/// <summary>The ABI of one contract, from a forge artifact or bare ABI JSON.</summary>
public sealed class ContractArtifact
{
    private ContractArtifact(string name) => Name = name;

    /// <summary>The contract's name.</summary>
    public string Name { get; }

    public IReadOnlyList<AbiParameter> Constructor { get; private set; } = [];

    /// <summary>In the order of their signatures, so that output does not depend on the compiler's order.</summary>
    public IReadOnlyList<FunctionAbi> Functions { get; private set; } = [];

    public IReadOnlyList<EventAbi> Events { get; private set; } = [];

    public IReadOnlyList<ErrorAbi> Errors { get; private set; } = [];

    /// <summary>Creation code; null in bare ABI JSON, for interfaces, and where libraries are still to be linked.</summary>
    public byte[]? Bytecode { get; private set; }

    /// <summary>Reads a JSON array (the ABI) or object (an artifact with <c>abi</c> and perhaps <c>bytecode.object</c>).</summary>
    /// <exception cref="AbiException">No such JSON, or a type that the ABI does not have.</exception>
    public static ContractArtifact Parse(string json, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var abi = root.ValueKind == JsonValueKind.Array ? root : root.GetProperty("abi");
            var entries = abi.EnumerateArray().ToLookup(e => e.GetProperty("type").GetString());
            return new ContractArtifact(name)
            {
                Constructor = entries["constructor"].Select(e => AbiJson.Parameters(e, "inputs")).FirstOrDefault() ?? [],
                Functions = Sorted(entries["function"].Select(e =>
                    new FunctionAbi(AbiJson.Name(e), AbiJson.Parameters(e, "inputs"), AbiJson.Parameters(e, "outputs")))),
                Events = Sorted(entries["event"].Select(e =>
                    new EventAbi(AbiJson.Name(e), AbiJson.Parameters(e, "inputs"), AbiJson.Flag(e, "anonymous")))),
                Errors = Sorted(entries["error"].Select(e => new ErrorAbi(AbiJson.Name(e), AbiJson.Parameters(e, "inputs")))),
                Bytecode = ReadBytecode(root),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new AbiException($"the ABI JSON of {name} is malformed: {e.Message}", e);
        }
    }

    private static T[] Sorted<T>(IEnumerable<T> entries)
        where T : AbiSignature => [.. entries.DistinctBy(e => e.Signature).OrderBy(e => e.Signature, StringComparer.Ordinal)];

    private static byte[]? ReadBytecode(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("bytecode", out var bytecode)
            || !bytecode.TryGetProperty("object", out var text))
            return null;
        try
        {
            var code = Hex.Decode(text.GetString() ?? "");
            return code.Length == 0 ? null : code;
        }
        catch (FormatException)
        {
            // Placeholders of unlinked libraries are no hex.
            return null;
        }
    }
}
