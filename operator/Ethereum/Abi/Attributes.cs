namespace Federation.Ethereum.Abi;

/// <summary>Marks a message that calls the named contract function.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class FunctionAttribute(string name, string? dtoReturnType = null) : Attribute
{
    /// <summary>The Solidity name.</summary>
    public string Name { get; } = name;

    /// <summary>The ABI type of the only result, if there is exactly one.</summary>
    public string? DtoReturnType { get; } = dtoReturnType;
}

/// <summary>Marks the results of a function that has several.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class FunctionOutputAttribute : Attribute;

/// <summary>Marks the values of the named contract event.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class EventAttribute(string name) : Attribute
{
    /// <summary>The Solidity name.</summary>
    public string Name { get; } = name;
}

/// <summary>Marks the values of the named custom error.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ErrorAttribute(string name) : Attribute
{
    /// <summary>The Solidity name.</summary>
    public string Name { get; } = name;
}

/// <summary>Marks a Solidity struct.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class StructAttribute(string name) : Attribute
{
    /// <summary>The Solidity name, without its contract or library.</summary>
    public string Name { get; } = name;
}

/// <summary>Names the ABI parameter behind a property.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ParameterAttribute(string type, string name, int order, bool indexed = false) : Attribute
{
    /// <summary>The canonical ABI type.</summary>
    public string Type { get; } = type;

    /// <summary>The Solidity name.</summary>
    public string Name { get; } = name;

    /// <summary>Position, starting at 1.</summary>
    public int Order { get; } = order;

    /// <summary>True if the value is an event topic.</summary>
    public bool Indexed { get; } = indexed;
}
