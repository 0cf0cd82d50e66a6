namespace Federation.Ethereum.Abi;

/// <summary>An event: topic 0 is the signature's hash unless anonymous, indexed parameters are topics, the rest is data.</summary>
public sealed class EventAbi : AbiSignature
{
    private readonly AbiType[] dataTypes;

    public EventAbi(string name, IReadOnlyList<AbiParameter> inputs, bool anonymous = false)
        : base(name, inputs)
    {
        Anonymous = anonymous;
        dataTypes = [.. inputs.Where(p => !p.Indexed).Select(p => p.Type)];
        if (inputs.Count(p => p.Indexed) > (anonymous ? 4 : 3))
            throw new AbiException($"event {name} has too many indexed parameters");
    }

    /// <summary>True if topic 0 is not the signature's hash.</summary>
    public bool Anonymous { get; }

    /// <summary>Topic 0.</summary>
    public Bytes32 Topic => Hash;

    /// <summary>Reads <c>Transfer(address indexed from,address indexed to,uint256 value)</c>, perhaps with <c>anonymous</c> after it.</summary>
    public static new EventAbi Parse(string text)
    {
        var (name, inputs, _, anonymous) = AbiSignature.Parse(text);
        return new EventAbi(name, inputs, anonymous);
    }

    /// <summary>True if a log with these topics can be this event: topic 0 and their number.</summary>
    public bool Matches(IReadOnlyList<Bytes32> topics)
    {
        var indexed = Inputs.Count - dataTypes.Length;
        return Anonymous
            ? topics.Count == indexed
            : topics.Count == indexed + 1 && topics[0] == Topic;
    }

    /// <summary>
    /// The parameters in order of declaration. An indexed string, bytes, array or struct comes as its hash, a
    /// <see cref="Bytes32"/>: the value itself is not in the log.
    /// </summary>
    /// <exception cref="AbiException">Topics of another event, or data that is no strict encoding.</exception>
    public object[] DecodeLog(IReadOnlyList<Bytes32> topics, ReadOnlySpan<byte> data)
    {
        if (!Matches(topics))
            throw new AbiException($"the log's topics are not those of {Signature}");
        var body = AbiDecoder.Decode(dataTypes, data);
        var values = new object[Inputs.Count];
        var (topic, member) = (Anonymous ? 0 : 1, 0);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Inputs[i].Indexed
                ? AbiTopic.Decode(Inputs[i].Type, topics[topic++])
                : body[member++];
        }
        return values;
    }

    /// <summary>
    /// Topics for a log filter. Give one value per indexed parameter, null for any; missing ones at the end mean any.
    /// </summary>
    public IReadOnlyList<Bytes32?> EncodeTopics(params IReadOnlyList<object?> indexedValues)
    {
        var indexed = Inputs.Where(p => p.Indexed).ToArray();
        if (indexedValues.Count > indexed.Length)
            throw new AbiException($"{Signature} has {indexed.Length} indexed parameters, {indexedValues.Count} values given");
        var topics = new List<Bytes32?>();
        if (!Anonymous)
            topics.Add(Topic);
        for (var i = 0; i < indexedValues.Count; i++)
            topics.Add(indexedValues[i] is { } value ? AbiTopic.Encode(indexed[i].Type, value) : null);
        return topics;
    }
}
