// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {Credit} from "../../../src/types/Lease.sol";
import {FalseToken, FeeToken, LyingToken, ListToken, ReentrantToken} from "../../utils/HostileTokens.sol";
import {VaultFixture} from "./VaultFixture.sol";

contract DepositTest is VaultFixture {
    function test_RevertWhen_AmountIsZero() external {
        vm.expectRevert(IVault.AmountZero.selector);
        vm.prank(alice);
        vault.deposit(address(token), alice, 0);
    }

    function test_RevertWhen_AccountIsZero() external {
        vm.expectRevert(IVault.RecipientZero.selector);
        vm.prank(alice);
        vault.deposit(address(token), address(0), 1);
    }

    function test_RevertWhen_TokenIsNotAllowed() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.TokenNotAllowed.selector, address(0x70)));
        vm.prank(alice);
        vault.deposit(address(0x70), alice, 1);
    }

    function test_RevertWhen_AllowanceIsTooLow() external {
        token.mint(bob, 5);
        vm.prank(bob);
        token.approve(address(vault), 4);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(vault), 4, 5)
        );
        vm.prank(bob);
        vault.deposit(address(token), bob, 5);
    }

    function test_RevertWhen_TokenTakesFee() external {
        FeeToken fee = new FeeToken();
        _allow(address(fee));
        fee.mint(alice, 1000);
        vm.startPrank(alice);
        fee.approve(address(vault), 1000);
        vm.expectRevert(abi.encodeWithSelector(IVault.ReceivedDiffers.selector, address(fee), 1000, 990));
        vault.deposit(address(fee), alice, 1000);
    }

    function test_RevertWhen_TokenAnswersFalse() external {
        FalseToken no = new FalseToken();
        _allow(address(no));
        no.mint(alice, 10);
        vm.startPrank(alice);
        no.approve(address(vault), 10);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(no)));
        vault.deposit(address(no), alice, 10);
    }

    function test_InnerCallFails_WhenTokenCallsBack() external {
        ReentrantToken re = new ReentrantToken();
        manager = address(re); // the worst case: a manager that a token can make call
        vault = _newVault(address(permit2));
        _allow(address(re));
        re.mint(alice, 70);
        re.mint(address(re), 30);
        vm.prank(alice);
        re.approve(address(vault), 70);
        bytes[7] memory calls = [
            abi.encodeCall(IVault.deposit, (address(re), address(re), 1)),
            abi.encodeCall(IVault.depositFunded, (address(re), address(re), 1, "")),
            abi.encodeCall(IVault.withdraw, (address(re), 1, address(re))),
            abi.encodeCall(IVault.lock, (address(re), alice, 1, PURPOSE, "")),
            abi.encodeCall(IVault.release, (address(re), alice, 1)),
            abi.encodeCall(IVault.releaseMany, (address(re), new Credit[](0))),
            abi.encodeCall(IVault.moveLock, (address(re), manager, 1))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            re.arm(address(vault), calls[i]);
            vm.prank(alice);
            vault.deposit(address(re), alice, 10);
            vm.assertFalse(re.gotThrough(), "inner call");
            bytes4 why = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
            vm.assertEq(bytes32(bytes4(re.answer())), bytes32(why), "why");
        }
        vm.assertEq(vault.balanceOf(address(re), alice), 70, "balance");
        vm.assertEq(re.balanceOf(address(vault)), 70, "held");
    }

    function test_RevertWhen_TokenLiesAboutTheBalance() external {
        LyingToken liar = new LyingToken();
        _allow(address(liar));
        liar.mint(alice, 20);
        vm.startPrank(alice);
        liar.approve(address(vault), 20);
        liar.say(7);
        vm.expectRevert(abi.encodeWithSelector(IVault.ReceivedDiffers.selector, address(liar), 10, 0));
        vault.deposit(address(liar), alice, 10);
        liar.shrink();
        vm.expectRevert(abi.encodeWithSelector(IVault.ReceivedDiffers.selector, address(liar), 10, 0));
        vault.deposit(address(liar), alice, 10);
    }

    function test_RevertWhen_SenderIsListed() external {
        ListToken list = new ListToken();
        _allow(address(list));
        list.mint(alice, 10);
        list.put(alice, true);
        vm.startPrank(alice);
        list.approve(address(vault), 10);
        vm.expectRevert(abi.encodeWithSelector(ListToken.Listed.selector, alice));
        vault.deposit(address(list), alice, 10);
    }

    function test_CreditsTheNamedAccount() external {
        vm.expectEmit(address(vault));
        emit IVault.Deposited(address(token), bob, alice, 40);
        vm.prank(alice);
        vault.deposit(address(token), bob, 40);
        vm.assertEq(_balance(bob), 40, "bob");
        vm.assertEq(_balance(alice), 100, "alice inside");
        vm.assertEq(token.balanceOf(alice), 60, "alice outside");
        vm.assertEq(token.balanceOf(address(vault)), 140, "held");
    }
}
