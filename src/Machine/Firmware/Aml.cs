using System;
using System.Buffers.Binary;
using System.Text;

namespace Doppel.Machine.Firmware;

/// <summary>
/// Encoder for the part of the ACPI Machine Language that the tables need (ACPI 6.4 chapter 20): scopes, devices, names, packages, integers,
/// strings, buffers, and methods that tell the guest of an event. What a guest asks for is constant.
/// </summary>
internal static class Aml
{
    private const byte NameOp = 0x08;
    private const byte BytePrefix = 0x0A;
    private const byte WordPrefix = 0x0B;
    private const byte DwordPrefix = 0x0C;
    private const byte StringPrefix = 0x0D;
    private const byte ScopeOp = 0x10;
    private const byte BufferOp = 0x11;
    private const byte PackageOp = 0x12;
    private const byte ExtendedPrefix = 0x5B;
    private const byte DeviceOp = 0x82;
    private const byte MethodOp = 0x14;
    private const byte NotifyOp = 0x86;
    private const byte TwoSegments = 0x2E;
    private const int MaxPackageBytes = 1 << 20;

    /// <summary>Scope (path) { terms }.</summary>
    public static byte[] Scope(string path, params byte[][] terms) => [ScopeOp, .. WithLength([.. Path(path), .. Join(terms)])];

    /// <summary>Device (name) { terms }.</summary>
    public static byte[] Device(string name, params byte[][] terms) => [ExtendedPrefix, DeviceOp, .. WithLength([.. Path(name), .. Join(terms)])];

    /// <summary>Method (name, 0, NotSerialized) { terms }.</summary>
    public static byte[] Method(string name, params byte[][] terms) => [MethodOp, .. WithLength([.. Path(name), 0, .. Join(terms)])];

    /// <summary>Notify (\parent.child, value).</summary>
    public static byte[] Notify(string parent, string child, byte value) => [NotifyOp, (byte)'\\', TwoSegments, .. Path(parent), .. Path(child), .. Integer(value)];

    /// <summary>Name (name, value).</summary>
    public static byte[] Name(string name, byte[] value) => [NameOp, .. Path(name), .. value];

    /// <summary>Name (_HID, EisaId (id)).</summary>
    public static byte[] HardwareId(string eisaId) => Name("_HID", EisaId(eisaId));

    /// <summary>Package () { elements }.</summary>
    public static byte[] Package(params byte[][] elements) => [PackageOp, .. WithLength([(byte)elements.Length, .. Join(elements)])];

    /// <summary>Buffer () { bytes }.</summary>
    public static byte[] Buffer(ReadOnlySpan<byte> bytes) => [BufferOp, .. WithLength([.. Integer((uint)bytes.Length), .. bytes])];

    /// <summary>An integer constant in its shortest form.</summary>
    public static byte[] Integer(uint value) => value switch
    {
        0 or 1 => [(byte)value],
        <= 0xFF => [BytePrefix, (byte)value],
        <= 0xFFFF => [WordPrefix, (byte)value, (byte)(value >> 8)],
        _ => [DwordPrefix, (byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)],
    };

    /// <summary>An ASCII string constant.</summary>
    public static byte[] Text(string text) => [StringPrefix, .. Encoding.ASCII.GetBytes(text), 0];

    /// <summary>A "PNP0A03"-like identity, packed: three letters of five bits, four hexadecimal digits, most significant byte first.</summary>
    public static byte[] EisaId(string id)
    {
        uint packed = ((uint)(id[0] - '@') << 26) | ((uint)(id[1] - '@') << 21) | ((uint)(id[2] - '@') << 16) | Convert.ToUInt32(id[3..], 16);
        return Integer(BinaryPrimitives.ReverseEndianness(packed));
    }

    /// <summary>Lists of terms, one after the other.</summary>
    public static byte[] Join(params byte[][] parts)
    {
        int length = 0;
        foreach (byte[] part in parts)
        {
            length += part.Length;
        }

        byte[] joined = new byte[length];
        int at = 0;
        foreach (byte[] part in parts)
        {
            part.CopyTo(joined, at);
            at += part.Length;
        }

        return joined;
    }

    // A name of one segment, or "\" and one; segments are four letters, filled with "_".
    private static byte[] Path(string path)
    {
        bool isRooted = path[0] == '\\';
        string segment = path[(isRooted ? 1 : 0)..];
        if (segment.Length is 0 or > 4)
        {
            throw new ArgumentException("a name has one segment of up to four letters", nameof(path));
        }

        byte[] name = Encoding.ASCII.GetBytes(segment.PadRight(4, '_'));
        return isRooted ? [(byte)'\\', .. name] : name;
    }

    // PkgLength counts itself: up to 63 in one byte, else four bits in the first and eight in each of the one to three that follow.
    internal static byte[] WithLength(byte[] body)
    {
        if (body.Length + 1 <= 0x3F)
        {
            return [(byte)(body.Length + 1), .. body];
        }

        int extra = body.Length + 2 < 1 << 12 ? 1 : 2;
        int total = body.Length + 1 + extra;
        if (total >= MaxPackageBytes)
        {
            throw new ArgumentException("more than a package length holds", nameof(body));
        }

        byte lead = (byte)((extra << 6) | (total & 0xF));
        return extra == 1 ? [lead, (byte)(total >> 4), .. body] : [lead, (byte)(total >> 4), (byte)(total >> 12), .. body];
    }
}
