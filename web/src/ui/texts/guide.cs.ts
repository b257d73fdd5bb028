import type { GuideTexts } from './guide.en.ts';
import visitor from './visitor.cs.ts';

const texts: GuideTexts = {
  ...visitor,
  helpTitle: 'Jak to otevřu?',
  helpLead: 'Někdo vám přes Depesche poslal soubory. Nepotřebujete účet ani program, jen svůj prohlížeč.',
  helpSteps: [
    ['Klepněte na tlačítko v e-mailu', 'Stránka, která se otevře, ukáže, kdo vám píše a co je přiloženo.'],
    ['Zadejte svou e-mailovou adresu', 'Odesílatel ji uvidí a bude vědět, že zásilka dorazila.'],
    ['Uložte soubory', 'Jednotlivě, nebo všechny najednou jako zip. Při ukládání se ověřují; zatržítko říká, že jsou úplné.'],
  ],
  helpQuestions: [
    ['Je to pravé?', 'Zavolejte odesílateli na číslo, které už znáte. Nikdy se neptáme na bankovní údaje ani na heslo do vaší schránky.'],
    ['Stránka chce kód', 'Některé poštovní programy odkaz zkrátí. Kód je na konci e-mailu: napište ho nebo zkopírujte. Na velikosti písmen a mezerách nezáleží.'],
    ['Stránka chce heslo', 'Odesílatel ho nastavil a předal vám ho jinou cestou, třeba telefonem. Nemáte-li ho, zeptejte se odesílatele.'],
    ['Ukládání se přerušilo', 'Bude samo pokračovat, jakmile se spojení obnoví. Pokud jste stránku zavřeli, otevřete odkaz znovu a uložte znovu.'],
    ['V telefonu se nic neděje', 'Poštovní a chatovací aplikace otevírají stránky ve vlastním malém okně, které soubory uložit neumí. Zvolte tam „Otevřít v prohlížeči“.'],
    ['Jak dlouho je k dispozici?', 'Stránka říká, do kdy. Potom se soubory smažou a znovu je může poslat jen odesílatel.'],
    ['Kdo to může číst?', 'Soubory se šifrují v zařízení odesílatele a čitelné jsou až ve vašem. Na serveru leží zavřené. Otevře je, kdo má odkaz: nikomu ho nedávejte.'],
  ],
  helpQuestionsTitle: 'Když něco nejde',
};

export default texts;
