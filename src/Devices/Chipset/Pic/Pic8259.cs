using System.Numerics;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.Pic.Pic8259Registers;

namespace Doppel.Devices.Chipset.Pic;

/// <summary>
/// One 8259A (Intel datasheet 231468): eight inputs, priorities, command words. Until its initialisation sequence is complete it
/// asks for nothing. An edge stays requested when its input falls again before the acknowledge, which spares guests lost timer ticks;
/// the datasheet's level 7 then shows up only when masking or a level input took the request away.
/// Not modelled: MCS-80/85 call mode and buffered mode; both behave as 8086 mode.
/// </summary>
internal sealed class Pic8259
{
    private readonly int _cascadeInputs;
    private readonly byte _elcrWritable;
    private byte _inputs;
    private byte _edges;
    private byte _inService;
    private byte _mask;
    private byte _vectorBase;
    private byte _icw3;
    private byte _elcr;
    private InitStep _step = InitStep.Uninitialised;
    private bool _needsIcw4;
    private bool _single;
    private bool _levelMode;
    private bool _autoEoi;
    private bool _fullyNested;
    private bool _rotateInAutoEoi;
    private bool _specialMask;
    private bool _readInService;
    private bool _poll;
    private int _lowest = SpuriousLevel;

    /// <summary>Creates a chip; <paramref name="cascadeInputs"/> has a bit for each input that a slave drives.</summary>
    public Pic8259(int cascadeInputs, byte elcrWritable)
    {
        _cascadeInputs = cascadeInputs;
        _elcrWritable = elcrWritable;
    }

    private enum InitStep
    {
        Uninitialised = 0,
        Icw2 = 1,
        Icw3 = 2,
        Icw4 = 3,
        Ready = 4,
    }

    /// <summary>Level of INT.</summary>
    public bool Output => Candidate() >= 0;

    /// <summary>Edge/level control register; a set bit makes an input level-triggered.</summary>
    public byte Elcr
    {
        get => _elcr;
        set => _elcr = (byte)(value & _elcrWritable);
    }

    /// <summary>Whether initialisation ended with a cascade announced.</summary>
    public bool IsCascaded => !_single;

    private byte LevelInputs => _levelMode ? (byte)0xFF : _elcr;

    private byte Requests => (byte)((_edges & ~LevelInputs) | (_inputs & LevelInputs));

    /// <summary>Power-on and reset line. Input levels belong to the outside and stay.</summary>
    public void Reset()
    {
        Initialise(0);
        _step = InitStep.Uninitialised;
        _vectorBase = 0;
        _icw3 = 0;
        _elcr = 0;
    }

    /// <summary>Drives input <paramref name="level"/>.</summary>
    public void SetInput(int level, bool high)
    {
        int bit = 1 << level;
        if (high && (_inputs & bit) == 0)
        {
            _edges |= (byte)bit;
        }

        _inputs = (byte)(high ? _inputs | bit : _inputs & ~bit);
    }

    /// <summary>The level that the next acknowledge would take, or -1.</summary>
    public int Candidate()
    {
        int wanted = Requests & ~_mask;
        if (wanted == 0 || _step != InitStep.Ready)
        {
            return -1;
        }

        int blocking = _specialMask ? _inService & ~_mask : _inService;
        int rank = Rank(wanted);
        int limit = blocking == 0 ? 8 : Rank(blocking);
        if (rank < limit)
        {
            return LevelAt(rank);
        }

        // Special fully nested: a slave whose interrupt is in service is not locked out.
        bool again = _fullyNested && rank == limit && (_cascadeInputs & (1 << LevelAt(rank))) != 0;
        return again ? LevelAt(rank) : -1;
    }

    /// <summary>Interrupt acknowledge; the level taken, or 7 with nothing put in service if the request has gone.</summary>
    public int Acknowledge()
    {
        int level = Candidate();
        if (level < 0)
        {
            return SpuriousLevel;
        }

        byte bit = (byte)(1 << level);
        _edges &= (byte)~bit;
        if (!_autoEoi)
        {
            _inService |= bit;
        }
        else if (_rotateInAutoEoi)
        {
            _lowest = level;
        }

        return level;
    }

    /// <summary>The vector for <paramref name="level"/>.</summary>
    public byte VectorOf(int level) => (byte)(_vectorBase | level);

    /// <summary>Reads a port; polls if an OCW3 asked for it.</summary>
    public byte Read(uint offset)
    {
        if (_poll)
        {
            _poll = false;
            return Output ? (byte)(PollPending | Acknowledge()) : (byte)SpuriousLevel;
        }

        return offset != Command ? _mask : _readInService ? _inService : Requests;
    }

    /// <summary>Writes a port.</summary>
    public void Write(uint offset, byte value)
    {
        if (offset != Command)
        {
            WriteData(value);
        }
        else if ((value & Icw1Mark) != 0)
        {
            Initialise(value);
        }
        else if ((value & Ocw3Mark) != 0)
        {
            WriteOcw3(value);
        }
        else
        {
            WriteOcw2(value);
        }
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("chip", 1);
        to.Write("inputs", (ulong)_inputs);
        to.Write("edges", (ulong)_edges);
        to.Write("inService", (ulong)_inService);
        to.Write("mask", (ulong)_mask);
        to.Write("vectorBase", (ulong)_vectorBase);
        to.Write("icw3", (ulong)_icw3);
        to.Write("elcr", (ulong)_elcr);
        to.Write("step", (ulong)_step);
        to.Write("needsIcw4", _needsIcw4);
        to.Write("single", _single);
        to.Write("levelMode", _levelMode);
        to.Write("autoEoi", _autoEoi);
        to.Write("fullyNested", _fullyNested);
        to.Write("rotateInAutoEoi", _rotateInAutoEoi);
        to.Write("specialMask", _specialMask);
        to.Write("readInService", _readInService);
        to.Write("poll", _poll);
        to.Write("lowest", (ulong)_lowest);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("chip", 1);
        _inputs = (byte)from.ReadUnsigned("inputs", 0xFF);
        _edges = (byte)from.ReadUnsigned("edges", 0xFF);
        _inService = (byte)from.ReadUnsigned("inService", 0xFF);
        _mask = (byte)from.ReadUnsigned("mask", 0xFF);
        _vectorBase = (byte)(from.ReadUnsigned("vectorBase", 0xFF) & 0xF8);
        _icw3 = (byte)from.ReadUnsigned("icw3", 0xFF);
        Elcr = (byte)from.ReadUnsigned("elcr", 0xFF);
        _step = (InitStep)from.ReadUnsigned("step", (ulong)InitStep.Ready);
        _needsIcw4 = from.ReadBool("needsIcw4");
        _single = from.ReadBool("single");
        _levelMode = from.ReadBool("levelMode");
        _autoEoi = from.ReadBool("autoEoi");
        _fullyNested = from.ReadBool("fullyNested");
        _rotateInAutoEoi = from.ReadBool("rotateInAutoEoi");
        _specialMask = from.ReadBool("specialMask");
        _readInService = from.ReadBool("readInService");
        _poll = from.ReadBool("poll");
        _lowest = (int)from.ReadUnsigned("lowest", 7);
        from.End();
    }

    // 0 is the highest priority: the level after the lowest one.
    private int Rank(int levels)
    {
        int turned = ((levels >> (_lowest + 1)) | (levels << (7 - _lowest))) & 0xFF;
        return BitOperations.TrailingZeroCount(turned);
    }

    private int LevelAt(int rank) => (rank + _lowest + 1) & 7;

    private void Initialise(byte icw1)
    {
        _step = InitStep.Icw2;
        _needsIcw4 = (icw1 & Icw1NeedsIcw4) != 0;
        _single = (icw1 & Icw1Single) != 0;
        _levelMode = (icw1 & Icw1Level) != 0;
        _edges = 0;
        _inService = 0;
        _mask = 0;
        _lowest = SpuriousLevel;
        _autoEoi = false;
        _fullyNested = false;
        _rotateInAutoEoi = false;
        _specialMask = false;
        _readInService = false;
        _poll = false;
    }

    private void WriteData(byte value)
    {
        switch (_step)
        {
            case InitStep.Icw2:
                _vectorBase = (byte)(value & 0xF8);
                _step = !_single ? InitStep.Icw3 : _needsIcw4 ? InitStep.Icw4 : InitStep.Ready;
                break;
            case InitStep.Icw3:
                // Kept for the record only: the cascade is wired as in a PC.
                _icw3 = value;
                _step = _needsIcw4 ? InitStep.Icw4 : InitStep.Ready;
                break;
            case InitStep.Icw4:
                _autoEoi = (value & Icw4AutoEoi) != 0;
                _fullyNested = (value & Icw4FullyNested) != 0;
                _step = InitStep.Ready;
                break;
            default:
                _mask = value;
                break;
        }
    }

    private void WriteOcw3(byte value)
    {
        _poll = (value & Ocw3Poll) != 0;
        if ((value & Ocw3ReadSelect) != 0)
        {
            _readInService = (value & 1) != 0;
        }

        if ((value & Ocw3MaskSelect) != 0)
        {
            _specialMask = (value & 0x20) != 0;
        }
    }

    private void WriteOcw2(byte value)
    {
        int level = value & 7;
        switch (value >> 5)
        {
            case 0:
                _rotateInAutoEoi = false;
                break;
            case 1:
                EndHighest();
                break;
            case 3:
                _inService &= (byte)~(1 << level);
                break;
            case 4:
                _rotateInAutoEoi = true;
                break;
            case 5:
                int ended = EndHighest();
                _lowest = ended >= 0 ? ended : _lowest;
                break;
            case 6:
                _lowest = level;
                break;
            case 7:
                _inService &= (byte)~(1 << level);
                _lowest = level;
                break;
            default:
                break;
        }
    }

    // Non-specific end of interrupt; in special mask mode a masked level is not ended by it.
    private int EndHighest()
    {
        int served = _specialMask ? _inService & ~_mask : _inService;
        if (served == 0)
        {
            return -1;
        }

        int level = LevelAt(Rank(served));
        _inService &= (byte)~(1 << level);
        return level;
    }
}
