using System.Numerics;

namespace Federation.Ethereum.Abi;

/// <summary>Conversions from decoded values to the types of generated members.</summary>
public static class AbiValue
{
    public static BigInteger ToBigInteger(object value) => (BigInteger)value;

    public static byte ToByte(object value) => (byte)(BigInteger)value;

    public static sbyte ToSByte(object value) => (sbyte)(BigInteger)value;

    public static ushort ToUInt16(object value) => (ushort)(BigInteger)value;

    public static short ToInt16(object value) => (short)(BigInteger)value;

    public static uint ToUInt32(object value) => (uint)(BigInteger)value;

    public static int ToInt32(object value) => (int)(BigInteger)value;

    public static ulong ToUInt64(object value) => (ulong)(BigInteger)value;

    public static long ToInt64(object value) => (long)(BigInteger)value;

    /// <summary>A typed list of decoded elements.</summary>
    public static IReadOnlyList<T> ToList<T>(object value, Func<object, T> element) =>
        Array.ConvertAll((object[])value, x => element(x));
}
