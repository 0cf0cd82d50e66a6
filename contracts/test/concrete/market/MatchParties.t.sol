// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAppRegistry} from "../../../src/interfaces/IAppRegistry.sol";
import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {IMarket} from "../../../src/interfaces/IMarket.sol";
import {Parameters, TokenParameters} from "../../../src/interfaces/IParameters.sol";
import {Offer, Request, Terms} from "../../../src/types/Lease.sol";
import {Funding} from "../../utils/Funding.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @dev Who else has a say in a match: sponsor, auditor, app, guardian, governor, stakers; and how the money comes in.
contract MatchPartiesTest is MarketFixture {
    uint256 private constant SPONSOR_KEY = 0x5905;
    address private sponsor = vm.addr(SPONSOR_KEY);

    function _sponsored() private view returns (Request memory r) {
        r = _request();
        r.sponsor = sponsor;
    }

    function test_RevertWhen_NotSentByTheSponsor() external {
        Request memory r = _sponsored();
        _fund(sponsor, DEPOSIT);
        _refused(_offer(), r, abi.encodeWithSelector(IMarket.NotSponsor.selector, address(this), sponsor));
        bytes memory signature = _sign(OPERATOR_KEY, market.offerHash(_offer()));
        vm.expectRevert(abi.encodeWithSelector(IMarket.NotSponsor.selector, tenant, sponsor));
        vm.prank(tenant);
        market.matchOrders(_offer(), signature, r, "", "");
    }

    function test_SponsorPays_TenantOwns() external {
        Request memory r = _sponsored();
        _fund(sponsor, DEPOSIT);
        bytes memory offerSignature = _sign(OPERATOR_KEY, market.offerHash(_offer()));
        bytes32 requested = market.requestHash(r);
        vm.expectRevert(abi.encodeWithSelector(IMarket.SignatureInvalid.selector, requested, tenant));
        vm.prank(sponsor);
        market.matchOrders(_offer(), offerSignature, r, "", "");

        bytes memory requestSignature = _sign(TENANT_KEY, requested);
        vm.prank(sponsor);
        bytes32 id = market.matchOrders(_offer(), offerSignature, r, requestSignature, "");
        Terms memory terms = _terms(_offer(), r);
        vm.assertEq(manager.lease(id).termsHash, manager.hashTerms(terms), "terms name the sponsor as payer");
        vm.assertEq(token.balanceOf(sponsor), 0, "sponsor paid");
        vm.assertEq(_balance(tenant), 5 * DEPOSIT, "tenant did not");
    }

    function test_EscrowByPermit() external {
        _emptyHands();
        bytes memory funding = Funding.permit(TENANT_KEY, address(token), address(vault), DEPOSIT, block.timestamp);
        _matchFunded(_request(), funding);
    }

    function test_EscrowByPermit2_IsForThisRequestOnly() external {
        _emptyHands();
        Request memory r = _request();
        Funding.Permit2Order memory order = Funding.Permit2Order(
            permit2, address(token), address(vault), DEPOSIT, 1, block.timestamp, market.requestHash(r)
        );
        vm.prank(tenant);
        token.approve(address(permit2), type(uint256).max);
        bytes memory funding = Funding.permit2(TENANT_KEY, order);
        Request memory other = _request();
        other.salt = 1;
        bytes memory offerSignature = _sign(OPERATOR_KEY, market.offerHash(_offer()));
        bytes memory requestSignature = _sign(TENANT_KEY, market.requestHash(other));
        vm.expectRevert();
        market.matchOrders(_offer(), offerSignature, other, requestSignature, funding);
        _matchFunded(r, funding);
    }

    /// @dev Nothing in the Vault, no allowance to it.
    function _emptyHands() private {
        vm.startPrank(tenant);
        vault.withdraw(address(token), 5 * DEPOSIT, tenant);
        token.approve(address(vault), 0);
        vm.stopPrank();
    }

    function _matchFunded(Request memory r, bytes memory funding) private {
        bytes memory offerSignature = _sign(OPERATOR_KEY, market.offerHash(_offer()));
        bytes memory requestSignature = _sign(TENANT_KEY, market.requestHash(r));
        vm.prank(stranger);
        bytes32 id = market.matchOrders(_offer(), offerSignature, r, requestSignature, funding);
        vm.assertEq(manager.lease(id).escrow, DEPOSIT, "escrow");
        vm.assertEq(token.balanceOf(tenant), 9 * DEPOSIT, "paid");
    }

    function test_RevertWhen_AttestationIsMissing() external {
        Request memory r = _request();
        r.auditor = auditor;
        bytes4 why = IMarket.AttestationMissing.selector;
        _refused(_offer(), r, abi.encodeWithSelector(why, auditor, 5));
        _attest(4, START + 1 days);
        _refused(_offer(), r, abi.encodeWithSelector(why, auditor, 1));
        vm.warp(START + 1);
        _attest(7, START + 1 days);
        _match(_offer(), r);
        vm.warp(START + 1 days + 1);
        _refused(_offer(), r, abi.encodeWithSelector(why, auditor, 5));
    }

    function test_RevertWhen_AttestationIsRevoked() external {
        Request memory r = _request();
        r.auditor = auditor;
        _attest(5, START + 1 days);
        _match(_offer(), r);
        vm.prank(auditor);
        registry.revokeAttestation(provider);
        _refused(_offer(), r, abi.encodeWithSelector(IMarket.AttestationMissing.selector, auditor, 5));
    }

    function _attest(uint256 bits, uint40 until) private {
        vm.prank(auditor);
        registry.attest(auditor, IDatacenterRegistry.Attestation(provider, bits, uint40(block.timestamp), until, 0), "");
    }

    function test_Royalty_IsInTheTerms() external {
        Request memory r = _request();
        r.app = _app(1_000);
        Offer memory o = _offer();
        o.maxRoyaltyBps = 1_000;
        Terms memory terms = _terms(o, r);
        (terms.royaltyTo, terms.royaltyBps) = (stranger, 1_000);
        vm.assertEq(manager.lease(_sendBoth(o, r)).termsHash, manager.hashTerms(terms), "terms");
    }

    function test_RevertWhen_RoyaltyIsAboveMaximum() external {
        Request memory r = _request();
        r.app = _app(1_001);
        Offer memory o = _offer();
        o.maxRoyaltyBps = 1_000;
        _refused(o, r, abi.encodeWithSelector(IMarket.RoyaltyAboveMaximum.selector, 1_001, 1_000));
    }

    function test_RevertWhen_AppIsUnknown() external {
        Request memory r = _request();
        r.app = keccak256("none");
        _refused(_offer(), r, abi.encodeWithSelector(IAppRegistry.AppUnknown.selector, r.app));
    }

    function _app(uint16 bps) private returns (bytes32) {
        return apps.register(keccak256("image"), stranger, bps, "app");
    }

    function test_RevertWhen_OpeningIsPaused() external {
        vm.prank(guardian);
        parameters.pauseOpening();
        _refused(_offer(), _request(), abi.encodeWithSelector(IMarket.OpeningIsPaused.selector));
        vm.prank(guardian);
        parameters.resumeOpening();
        _match(_offer(), _request());
    }

    function test_RevertWhen_StakeIsTooLow() external {
        Request memory r = _request();
        (r.fills, r.deposit) = (200, 10e6);
        for (uint256 i = 0; i < STAKE / SLICE; ++i) {
            _sendBoth(_offer2(), r);
        }
        uint256 free = STAKE % SLICE;
        bytes4 why = IDatacenterRegistry.StakeTooLow.selector;
        _refused(_offer2(), r, abi.encodeWithSelector(why, provider, address(token), free, SLICE));
        _stake(provider, SLICE - free);
        _sendBoth(_offer2(), r);
    }

    function _offer2() private view returns (Offer memory o) {
        o = _offer();
        o.volume = 200;
    }

    function test_RevertWhen_SliceDoesNotFit() external {
        Parameters memory p = _parameters();
        (p.maturitySeconds, p.sliceBps) = (30 days, type(uint16).max);
        vm.prank(governor);
        parameters.set(p);
        Offer memory o = _offer();
        Request memory r = _request();
        (o.noticeSeconds, r.minNoticeSeconds) = (0, 0);
        o.prices.cpu = r.maxPrices.cpu = type(uint96).max;
        uint256 rate = 1000 * (uint256(type(uint96).max) - 2e9) + 1e13;
        uint256 slice = (rate * 2 * 30 days * type(uint16).max + 1e13 - 1) / 1e13;
        bytes4 why = ILeaseManager.TermOutOfRange.selector;
        _refused(o, r, abi.encodeWithSelector(why, "slice", slice, 0, type(uint96).max));
    }

    function test_ParametersOfTheMoment_AreInTheTerms() external {
        vm.startPrank(governor);
        parameters.set(Parameters(1, 0, 2, 3, 4, 5));
        parameters.setToken(address(token), TokenParameters(9, 8, 7));
        vm.stopPrank();
        Request memory r = _request();
        r.callback = true;
        Terms memory terms = _terms(_offer(), r);
        (terms.submitSeconds, terms.maturitySeconds, terms.rulingSeconds, terms.feeBps) = (1, 0, 2, 3);
        (terms.disputeBond, terms.arbiterFee, terms.bounty) = (9, 8, 7);
        (terms.slice, terms.penalty) = (0, 0);
        bytes32 id = _sendBoth(_offer(), r);
        vm.assertEq(manager.lease(id).termsHash, manager.hashTerms(terms), "terms");
    }
}
