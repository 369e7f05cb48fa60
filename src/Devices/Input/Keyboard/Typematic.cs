using Doppel.Primitives;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>The key that repeats while it is held, and when (IBM PS/2 Hardware Interface Technical Reference, "Set typematic rate/delay").</summary>
internal sealed class Typematic
{
    /// <summary>10.9 characters a second after half a second.</summary>
    public const byte Default = 0x2B;

    private const long DelayNs = 250_000_000;
    private const long PeriodNs = 4_170_000;
    private GuestTime _due = GuestTime.Never;
    private byte _key;
    private byte _setting = Default;

    /// <summary>When the next repetition is due; <see cref="GuestTime.Never"/>: no key repeats.</summary>
    public GuestTime Due => _due;

    /// <summary>The key that repeats; 0: none.</summary>
    public byte Key => _key;

    /// <summary>Rate and delay as command F3 gives them: bits 6:5 the delay, 4:3 the octave, 2:0 the step.</summary>
    public byte Setting
    {
        get => _setting;
        set => _setting = (byte)(value & 0x7F);
    }

    /// <summary>Whoever went down last repeats.</summary>
    public void Start(byte key, GuestTime now)
    {
        _key = key;
        _due = now + (((_setting >> 5) + 1) * DelayNs);
    }

    /// <summary>Nothing repeats.</summary>
    public void Stop()
    {
        _key = 0;
        _due = GuestTime.Never;
    }

    /// <summary>A repetition was sent, or could have been.</summary>
    public void Next(GuestTime now) => _due = now + ((8 + (_setting & 7)) * PeriodNs << ((_setting >> 3) & 3));

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Write("typematic", (ulong)_setting);
        to.Write("repeating", (ulong)_key);
        to.Write("repeatDue", _due.Nanoseconds);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        _setting = (byte)from.ReadUnsigned("typematic", 0x7F);
        _key = (byte)from.ReadUnsigned("repeating", 0xFF);
        _due = new GuestTime(from.ReadSigned("repeatDue", 0));
        if (_due != GuestTime.Never != (_key != 0))
        {
            throw new StateFormatException("keyboard: repeatDue: a key repeats exactly if it is due to");
        }
    }
}
