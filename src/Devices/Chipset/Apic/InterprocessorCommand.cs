namespace Doppel.Devices.Chipset.Apic;

/// <summary>What a write to the interrupt command register sends (Intel SDM vol. 3A 11.6.1). Fixed interrupts are always edges.</summary>
internal static class InterprocessorCommand
{
    public static void Send(LocalApicCore from, ApicBus bus, uint command, uint destination)
    {
        DeliveryMode mode = (DeliveryMode)((command >> 8) & 7);
        uint shorthand = (command >> 18) & 3;
        byte vector = (byte)command;
        bool deassert = (command & 0xC000) == 0x8000;
        bool isFixed = mode is DeliveryMode.Fixed or DeliveryMode.LowestPriority;
        if ((mode == DeliveryMode.Init && deassert) || (int)mode is 3 or 7 || (shorthand == 1 && !isFixed))
        {
            return;
        }

        if (isFixed && vector < 16)
        {
            from.Error(ApicError.SendIllegalVector);
            return;
        }

        ApicMessage message = new(destination, (command & 0x800) != 0, mode, vector, Level: false);
        switch (shorthand)
        {
            case 0:
                bus.Send(message);
                break;
            case 1:
                from.Accept(message);
                break;
            default:
                bus.SendToAll(message, shorthand == 3 ? from : null);
                break;
        }
    }
}
