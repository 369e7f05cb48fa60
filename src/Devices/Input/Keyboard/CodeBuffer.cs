using System;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>Takes the scan codes of one event; what does not fit is dropped.</summary>
internal ref struct CodeBuffer(Span<byte> bytes, byte set)
{
    private readonly Span<byte> _bytes = bytes;
    private int _count;

    /// <summary>What was taken.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _bytes[.._count];

    /// <summary>A bare prefix byte.</summary>
    public void Prefix(byte value)
    {
        if (_count < _bytes.Length)
        {
            _bytes[_count++] = value;
        }
    }

    /// <summary>The make code of <paramref name="key"/>; in set 3 nothing for a key that has none there.</summary>
    public void Make(byte key) => Put(key, isBreak: false);

    /// <summary>The break code of <paramref name="key"/>.</summary>
    public void Break(byte key) => Put(key, isBreak: true);

    private void Put(byte key, bool isBreak)
    {
        if (set != 3 && (key & KeyTable.Extended) != 0)
        {
            Prefix(0xE0);
        }

        byte code = set switch
        {
            1 => (byte)((key & 0x7F) | (isBreak ? 0x80 : 0)),
            2 => KeyTable.Second(key),
            _ => KeyTable.Third(key),
        };
        if (code == 0)
        {
            return;
        }

        if (isBreak && set != 1)
        {
            Prefix(ScanCodeTranslation.BreakPrefix);
        }

        Prefix(code);
    }
}
