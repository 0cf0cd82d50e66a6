// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {ListToken, LyingToken, OverdraftToken, ReentrantToken} from "../../utils/HostileTokens.sol";
import {VaultFixture} from "./VaultFixture.sol";

contract WithdrawTest is VaultFixture {
    function test_RevertWhen_AmountIsZero() external {
        vm.expectRevert(IVault.AmountZero.selector);
        vm.prank(alice);
        vault.withdraw(address(token), 0, alice);
    }

    function test_RevertWhen_RecipientIsZero() external {
        vm.expectRevert(IVault.RecipientZero.selector);
        vm.prank(alice);
        vault.withdraw(address(token), 1, address(0));
    }

    function test_RevertWhen_BalanceIsTooLow() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.BalanceTooLow.selector, address(token), alice, 100, 101));
        vm.prank(alice);
        vault.withdraw(address(token), 101, alice);
    }

    function test_RevertWhen_RecipientIsTheVault() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.SentDiffers.selector, address(token), 10, 0));
        vm.prank(alice);
        vault.withdraw(address(token), 10, address(vault));
    }

    function test_RevertWhen_TokenTakesMore() external {
        OverdraftToken over = new OverdraftToken();
        _allow(address(over));
        over.mint(alice, 2000);
        vm.startPrank(alice);
        over.approve(address(vault), 2000);
        vault.deposit(address(over), alice, 2000);
        vm.expectRevert(abi.encodeWithSelector(IVault.SentDiffers.selector, address(over), 1000, 1010));
        vault.withdraw(address(over), 1000, alice);
    }

    function test_RevertWhen_TokenLiesAboutTheBalance() external {
        LyingToken liar = new LyingToken();
        _allow(address(liar));
        liar.mint(alice, 10);
        vm.startPrank(alice);
        liar.approve(address(vault), 10);
        vault.deposit(address(liar), alice, 10);
        liar.say(5);
        vm.expectRevert(abi.encodeWithSelector(IVault.SentDiffers.selector, address(liar), 10, 0));
        vault.withdraw(address(liar), 10, alice);
    }

    function test_ListedAccountIsPaidElsewhere_OthersAreNotHeldUp() external {
        ListToken list = new ListToken();
        _allow(address(list));
        list.mint(alice, 20);
        vm.startPrank(alice);
        list.approve(address(vault), 20);
        vault.deposit(address(list), alice, 10);
        vault.deposit(address(list), bob, 10);
        list.put(alice, true);
        vm.expectRevert(abi.encodeWithSelector(ListToken.Listed.selector, alice));
        vault.withdraw(address(list), 10, alice);
        vault.withdraw(address(list), 10, address(0x1));
        vm.stopPrank();
        vm.prank(bob);
        vault.withdraw(address(list), 10, bob);
        vm.assertEq(list.balanceOf(bob), 10, "bob");
    }

    function test_InnerCallFails_WhenTokenCallsBack() external {
        ReentrantToken re = new ReentrantToken();
        _allow(address(re));
        re.mint(alice, 10);
        re.mint(address(re), 10);
        vm.startPrank(alice);
        re.approve(address(vault), 10);
        vault.deposit(address(re), alice, 10);
        vm.stopPrank();
        vm.startPrank(address(re));
        re.approve(address(vault), 10);
        vault.deposit(address(re), address(re), 10);
        vm.stopPrank();

        re.arm(address(vault), abi.encodeCall(IVault.withdraw, (address(re), 10, address(re))));
        vm.prank(alice);
        vault.withdraw(address(re), 10, alice);
        vm.assertFalse(re.gotThrough(), "inner call");
        bytes4 why = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        vm.assertEq(bytes32(bytes4(re.answer())), bytes32(why), "why");
        vm.assertEq(re.balanceOf(address(vault)), 10, "held");
    }

    function test_Pays() external {
        vm.expectEmit(address(vault));
        emit IVault.Withdrawn(address(token), alice, bob, 30);
        vm.prank(alice);
        vault.withdraw(address(token), 30, bob);
        vm.assertEq(token.balanceOf(bob), 30, "bob");
        vm.assertEq(_balance(alice), 70, "left");
    }
}
