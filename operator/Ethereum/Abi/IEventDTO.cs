namespace Federation.Ethereum.Abi;

/// <summary>The values of one event. Generated records implement this.</summary>
public interface IEventDTO<TSelf>
    where TSelf : IEventDTO<TSelf>
{
    /// <summary>The event.</summary>
    static abstract EventAbi Event { get; }

    /// <summary>Builds the record from <see cref="EventAbi.DecodeLog"/>'s values.</summary>
    static abstract TSelf FromAbi(IReadOnlyList<object> values);
}

/// <summary>The parameters of one custom error. Generated records implement this.</summary>
public interface IErrorDTO<TSelf>
    where TSelf : IErrorDTO<TSelf>
{
    /// <summary>The error.</summary>
    static abstract ErrorAbi Error { get; }

    /// <summary>Builds the record from decoded parameters.</summary>
    static abstract TSelf FromAbi(IReadOnlyList<object> values);
}
