using System.Text;
using static Doppel.Machine.Firmware.Aml;

namespace Doppel.Machine.Firmware;

/// <summary>Encoder for operation regions and the few statements that methods of the tables consist of (ACPI 6.4 sections 20.2.5.2 to 20.2.5.4).</summary>
internal static class AmlTerms
{
    /// <summary>Arg0.</summary>
    public static readonly byte[] FirstArgument = [0x68];

    private const byte PciConfigSpace = 2;
    private const byte ByteAccess = 1;
    private const byte Serialized = 1 << 3;

    /// <summary>A name as a term: the object's value, or where a value goes. Segments of four letters, divided by dots.</summary>
    public static byte[] Reference(string path)
    {
        bool isRooted = path[0] == '\\';
        string[] segments = path[(isRooted ? 1 : 0)..].Split('.');
        byte[] names = Encoding.ASCII.GetBytes(string.Concat(System.Array.ConvertAll(segments, s => s.PadRight(4, '_'))));
        byte[] root = isRooted ? [(byte)'\\'] : [];
        return segments.Length switch
        {
            1 => [.. root, .. names],
            2 => [.. root, 0x2E, .. names],
            _ => [.. root, 0x2F, (byte)segments.Length, .. names],
        };
    }

    /// <summary>OperationRegion (name, PCI_Config, offset, length).</summary>
    public static byte[] PciConfigRegion(string name, byte offset, byte length) => [0x5B, 0x80, .. Reference(name), PciConfigSpace, .. Integer(offset), .. Integer(length)];

    /// <summary>Field (region, ByteAcc, NoLock, Preserve) of names with eight bits each.</summary>
    public static byte[] ByteFields(string region, params string[] names)
    {
        byte[][] fields = System.Array.ConvertAll(names, name => (byte[])[.. Reference(name), 8]);
        return [0x5B, 0x81, .. WithLength([.. Reference(region), ByteAccess, .. Join(fields)])];
    }

    /// <summary>Method (name, arguments, Serialized) { terms }.</summary>
    public static byte[] SerialMethod(string name, byte arguments, params byte[][] terms) =>
        [0x14, .. WithLength([.. Reference(name), (byte)(arguments | Serialized), .. Join(terms)])];

    /// <summary>And (left, right), as a value.</summary>
    public static byte[] And(byte[] left, byte[] right) => [0x7B, .. left, .. right, 0];

    /// <summary>Or (left, right, target).</summary>
    public static byte[] Or(byte[] left, byte[] right, byte[] target) => [0x7D, .. left, .. right, .. target];

    /// <summary>Store (value, target).</summary>
    public static byte[] Store(byte[] value, byte[] target) => [0x70, .. value, .. target];

    /// <summary>Return (value).</summary>
    public static byte[] Return(byte[] value) => [0xA4, .. value];

    /// <summary>If (condition) { terms }.</summary>
    public static byte[] If(byte[] condition, params byte[][] terms) => [0xA0, .. WithLength([.. condition, .. Join(terms)])];

    /// <summary>CreateDWordField (buffer, index, name).</summary>
    public static byte[] DwordField(byte[] buffer, byte index, string name) => [0x8A, .. buffer, .. Integer(index), .. Reference(name)];
}
